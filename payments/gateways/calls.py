"""The one door to the gateway. Every request goes through here, and here alone are its rules kept.

No request leaves with a transaction open; one that changes something leaves only after its intent row
is committed, under the key of that row. A breaker around the gateway belongs here too.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar

import structlog

from core.crashpoints import crash_point
from core.database.transactions import refuse_inside_transaction
from payments.gateways.base import (
    AlreadyDone,
    Busy,
    Declined,
    NotSent,
    Operation,
    Rejected,
    Unreachable,
)
from payments.models import GatewayCall

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")

_committed_key: ContextVar[str] = ContextVar("gateway_committed_key", default="")
_OUTCOMES: dict[type[Exception], str] = {
    Declined: "declined",
    Rejected: "rejected",
    AlreadyDone: "already_done",
    NotSent: "not_sent",
    Unreachable: "no_answer",
    Busy: "busy",
}
_FAILURES = (Declined, Rejected, AlreadyDone, Unreachable, Busy)


class NoIntent(RuntimeError):
    """A request that changes something was about to leave without its committed row: a bug."""


def read(what: str, request: Callable[[], Answer]) -> Answer:
    """Ask without changing anything."""
    refuse_inside_transaction(f"gateway {what}")
    return request()


def write(
    operation: Operation,
    verb: str,
    params: dict[str, Any],
    request: Callable[[str], Answer],
    *,
    now: datetime,
) -> Answer:
    """Commit the intent, send under its key, note the outcome.

    Raises KeyTooOld when the gateway may have forgotten the key, and what `request` raises.
    """
    refuse_inside_transaction(f"gateway {verb}")
    call = GatewayCall.open(
        operation_id=operation.id,
        verb=verb,
        payment_id=operation.payment_id,
        params=params,
        moving=operation.moving,
        now=now,
    )
    crash_point("CP02")
    try:
        with _committed(call.key):
            answer = request(call.key)
    except _FAILURES as error:
        _note(call, error, now=now)
        raise
    crash_point("CP04")
    call.close("ok", now=now)
    return answer


def repeatable(operation: Operation, verb: str, *, now: datetime) -> str:
    """The verb under which something that is harmless twice is asked for next: a refusal is stored under its
    key, and an old key is not sent any more."""
    return GatewayCall.next_verb(operation_id=operation.id, verb=verb, now=now)


def refuse_unintended(method: str, key: str | None) -> None:
    """The transport's last question before it sends."""
    if method.upper() == "POST" and (not key or key != _committed_key.get()):
        raise NoIntent("a POST without the key of a committed intent")
    crash_point("CP03")


@contextmanager
def _committed(key: str) -> Iterator[None]:
    token = _committed_key.set(key)
    try:
        yield
    finally:
        _committed_key.reset(token)


def _note(call: GatewayCall, error: Exception, *, now: datetime) -> None:
    outcome = next(name for kind, name in _OUTCOMES.items() if isinstance(error, kind))
    code = str(getattr(error, "gateway_code", None) or getattr(error, "code", ""))
    call.close(outcome, error_code=code, now=now)
    log.warning("gateway_call_failed", verb=call.verb, outcome=outcome, error_code=code)
