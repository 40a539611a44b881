"""From what was raised to a problem document: DRF's exception handler, and the only place that knows both."""

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework.response import Response

from core import security_events
from core.api import problems
from core.crypto import keyring
from core.database import failures
from core.errors import Conflict, Refusal

log = structlog.get_logger(__name__)


class Damaged(Conflict):
    """One sealed value does not open; the security log names its row."""

    code = "damaged"
    detail = "Something kept here can’t be read any more. Call us and we’ll help."


class TooLarge(drf.APIException):
    """A body above the limit."""

    status_code = 413
    default_code = "too_large"
    default_detail = "That is more than we take in one request."


def problem_handler(exception: Exception, context: dict[str, Any]) -> Response:
    """Every exception of an API view becomes a problem; an unexpected one is reported and says nothing."""
    # Here, not above: REST framework's views load our parsers, and those this module.
    from rest_framework.views import set_rollback

    set_rollback()
    refusal = as_refusal(exception)
    if refusal is not None:
        return _response(problems.of_refusal(refusal), problems.headers_of(refusal))
    exception = _as_drf(exception) or exception
    if isinstance(exception, drf.APIException):
        return _response(_of_drf(exception), _headers_of_drf(exception))
    _report(exception, context)
    return _response(problems.problem(status=500, code="internal_error", detail=""), {})


def as_refusal(exception: Exception) -> Refusal | None:
    """The refusal that an exception is or stands for, else None."""
    if isinstance(exception, Refusal):
        if exception.out_of_order:
            security_events.tell("sequence_fail", code=exception.code)
        return exception
    if isinstance(exception, keyring.Unreadable):
        return Damaged()
    return failures.as_refusal(exception)


def flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested errors as one level: `attendees.0.name` -> messages."""
    if isinstance(detail, dict):
        pairs = ((str(name), value) for name, value in detail.items())
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        pairs = ((str(index), value) for index, value in enumerate(detail))
    else:
        return {path or "non_field_errors": [str(item) for item in _as_list(detail)]}
    errors: dict[str, list[str]] = {}
    for name, value in pairs:
        if value:
            errors |= flatten(value, f"{path}.{name}" if path else name)
    return errors


def _as_list(detail: Any) -> list[Any]:
    return detail if isinstance(detail, list) else [detail]


def _of_drf(exception: drf.APIException) -> dict[str, Any]:
    status = exception.status_code
    if isinstance(exception, drf.ValidationError):
        return problems.problem(
            status=status,
            code="invalid",
            detail="Some of what was sent can’t be used.",
            errors=flatten(exception.detail),
        )
    code = "malformed" if isinstance(exception, drf.ParseError) else str(exception.default_code)
    return problems.problem(status=status, code=code, detail=str(exception.detail))


def _headers_of_drf(exception: drf.APIException) -> dict[str, str]:
    headers = {}
    if authenticate := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = authenticate
    if wait := getattr(exception, "wait", None):
        headers["Retry-After"] = str(max(1, int(wait)))
    return headers


def _response(members: dict[str, Any], headers: dict[str, str]) -> Response:
    return Response(
        members, status=members["status"], headers=headers, content_type=problems.CONTENT_TYPE
    )


def _report(exception: Exception, context: dict[str, Any]) -> None:
    """What Django does with an exception of a plain view: the log, and the signal of the error reporter."""
    request = getattr(context.get("request"), "_request", None)
    log.error("request_failed", error=type(exception).__name__, exc_info=exception)
    got_request_exception.send(sender=problem_handler, request=request)


def _as_drf(exception: Exception) -> drf.APIException | None:
    """Django's own refusals as DRF's."""
    if isinstance(exception, Http404):
        return drf.NotFound()
    if isinstance(exception, PermissionDenied):
        return drf.PermissionDenied()
    if isinstance(exception, RequestDataTooBig):
        return TooLarge()
    if isinstance(exception, SuspiciousOperation):
        return drf.ParseError()
    return None
