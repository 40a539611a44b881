"""What drf-spectacular can't see: problem documents on every call, and the idempotency header."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from core.api.problems import CONTENT_TYPE

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `errors` holds messages by field.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "trace_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "code", "errors", "trace_id"],
}
IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    type={"type": "string", "minLength": 16, "maxLength": 255},
    location=OpenApiParameter.HEADER,
    required=False,
    description="One for each intent: the same key and body give the same answer for 24 hours.",
)
ALWAYS = {"400": "The input can't be used", "429": "Too many requests", "503": "Not at the moment"}
METHODS = {"get", "post", "put", "patch", "delete"}


class Schema(AutoSchema):
    """Adds the Idempotency-Key header to the calls that take one."""

    def get_override_parameters(self) -> list[Any]:
        parameters = list(super().get_override_parameters())
        handler = getattr(self.view, self.method.lower(), None)
        if getattr(handler, "idempotent", False):
            parameters.append(IDEMPOTENCY_KEY)
        return parameters


def add_problems(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """A post-processing hook: each call says which problems it can answer."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for path, operations in result.get("paths", {}).items():
        for method in METHODS & set(operations):
            _add_to(operations[method], path, method)
    return result


def _add_to(operation: dict[str, Any], path: str, method: str) -> None:
    statuses = dict(ALWAYS)
    if "{" in path:
        statuses["404"] = "Not found"
    if method != "get":
        statuses["409"] = "Not in the present state"
    for status, words in statuses.items():
        operation.setdefault("responses", {}).setdefault(status, _problem_answer(words))
    operation["responses"].setdefault("default", _problem_answer("Any other problem"))


def _problem_answer(words: str) -> dict[str, Any]:
    return {
        "description": words,
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
