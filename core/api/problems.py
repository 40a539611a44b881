"""Problem documents (RFC 9457): the one shape in which the product says no over HTTP."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse

from core.errors import (
    Conflict,
    Gone,
    Invalid,
    NotFound,
    PaymentDeclined,
    Refusal,
    Refused,
    TooMany,
    Unavailable,
)
from core.tracing.propagation import trace_id

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
STATUS_OF_FAMILY: tuple[tuple[type[Refusal], int], ...] = (
    (Gone, HTTPStatus.GONE),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Invalid, HTTPStatus.BAD_REQUEST),
    (Conflict, HTTPStatus.CONFLICT),
    (PaymentDeclined, HTTPStatus.PAYMENT_REQUIRED),
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS),
    (Refused, HTTPStatus.FORBIDDEN),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)
RESERVED = ("type", "title", "status", "detail", "code", "errors", "trace_id", "retry_after")


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal's family; a refusal of no family is our bug, and 500."""
    for family, status in STATUS_OF_FAMILY:
        if isinstance(refusal, family):
            return int(status)
    return int(HTTPStatus.INTERNAL_SERVER_ERROR)


def problem(
    *,
    status: int,
    code: str,
    detail: str = "",
    errors: Mapping[str, list[str]] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The members of a problem document, with the trace that its reader can quote to us."""
    members = {name: value for name, value in (extra or {}).items() if name not in RESERVED}
    return members | {
        "type": f"urn:rft:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": dict(errors or {}),
        "trace_id": trace_id(),
    }


def of_refusal(refusal: Refusal) -> dict[str, Any]:
    """The problem document that tells a refusal."""
    return problem(
        status=status_of(refusal),
        code=refusal.code,
        detail=refusal.detail,
        errors=refusal.fields,
        extra=refusal.extra,
    )


def headers_of(refusal: Refusal) -> dict[str, str]:
    """`Retry-After` where waiting helps."""
    if "retry_after" in refusal.extra:
        return {"Retry-After": str(max(1, int(refusal.extra["retry_after"])))}
    if isinstance(refusal, Unavailable):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}


def response(members: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JsonResponse:
    """A plain Django response with this problem, for doors that are not DRF views."""
    return JsonResponse(
        dict(members),
        status=members["status"],
        content_type=CONTENT_TYPE,
        headers=dict(headers or {}),
    )
