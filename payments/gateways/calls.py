"""The one door to the gateway. Every request goes through here, and here alone are its rules kept.

No request leaves with a transaction open; one that changes something leaves only after its intent row
is committed, under the key of that row. Both only while the breaker lets them: what it holds back
leaves no trace of a sending, since there was none.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar

import structlog

from core.breakers.deadline import within
from core.breakers.guard import Admission, Full, Guard, NotPermitted
from core.crashpoints import crash_point
from core.database.transactions import give_connection_back, refuse_inside_transaction
from payments.gateways.base import (
    AlreadyDone,
    Busy,
    Declined,
    HeldBack,
    NotSent,
    Operation,
    Rejected,
    Unreachable,
)
from payments.gateways.guards import LOOK_UP_SECONDS, READS, of_change
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
    """Ask without changing anything. Raises HeldBack while the breaker is open, and what `request` raises."""
    refuse_inside_transaction(f"gateway {what}")
    with _admitted(READS) as admitted, within(LOOK_UP_SECONDS), _alerted():
        return admitted.call(request)


def write(
    operation: Operation,
    verb: str,
    params: dict[str, Any],
    request: Callable[[str], Answer],
    *,
    now: datetime,
) -> Answer:
    """Commit the intent, send under its key, note the outcome.

    Raises HeldBack while the breaker is open, and then has neither written nor moved anything; KeyTooOld
    when the gateway may have forgotten the key; and what `request` raises.
    """
    refuse_inside_transaction(f"gateway {verb}")
    with _admitted(of_change(verb)) as admitted:
        call = GatewayCall.open(
            operation_id=operation.id,
            verb=verb,
            payment_id=operation.payment_id,
            params=params,
            moving=operation.moving,
            now=now,
        )
        crash_point("CP02")
        give_connection_back()
        try:
            with _committed(call.key), _alerted():
                answer = admitted.call(request, call.key)
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
def _admitted(guard: Guard) -> Iterator[Admission]:
    """The breaker's permit, asked for before anything is written down. Who waits for it holds no connection."""
    give_connection_back()
    admission = guard.admit()
    try:
        admission.__enter__()
    except NotPermitted as refusal:
        code = "too_many_calls" if isinstance(refusal, Full) else "paused"
        raise HeldBack(code, retry_after=refusal.extra["retry_after"]) from refusal
    with ExitStack() as stack:
        stack.push(admission)
        yield admission


@contextmanager
def _alerted() -> Iterator[None]:
    """A refused key is no outage, so no breaker opens: a person must look at once."""
    try:
        yield
    except Busy as error:
        if error.gateway_code == "key_refused":
            log.error("gateway_key_refused")
        raise


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
