"""What people do to breakers: each with a reason, an end, a row that stays, and a line in the audit trail."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from core.audit import services as audit
from core.breakers import fleet, orders, registry
from core.breakers.guard import Guard, NotPermitted
from core.breakers.models import Order, OrderState
from core.breakers.storage import StoreAway
from core.errors import Invalid, NotFound

LONGEST = timedelta(days=7)


class NoSuchBreaker(NotFound):
    detail = "There is no such circuit breaker."


def find(name: str) -> Guard:
    """Raises NoSuchBreaker."""
    try:
        return registry.find(name)
    except registry.UnknownBreaker:
        raise NoSuchBreaker from None


def force(
    *, name: str, state: OrderState, reason: str, until: datetime, actor: str, now: datetime
) -> Order:
    """Pause it, let everything through, or only watch, until then. Raises NoSuchBreaker and Invalid."""
    find(name)
    wrong = {}
    if not reason.strip():
        wrong["reason"] = ["Say why."]
    if not now < until <= now + LONGEST:
        wrong["until"] = ["Choose a time from now to seven days ahead."]
    if wrong:
        raise Invalid(fields=wrong)
    return _order(name, state, reason.strip(), until=until, actor=actor, now=now)


def lift(*, name: str, reason: str, actor: str, now: datetime) -> Order:
    """Back to deciding by itself."""
    find(name)
    return _order(name, OrderState.LIFTED, reason.strip(), until=now, actor=actor, now=now)


def test_now(*, name: str, actor: str, now: datetime) -> str:
    """Half open at once; with a probe of its own also tried at once. What came of it, in words."""
    guard = find(name)
    _audit(guard, "test now", "", actor, now)
    guard.test_now(f"tested by {actor}")
    _tell_fleet()
    if guard.probe is None:
        return (
            f"{guard.policy.words}: the next {guard.policy.probes} calls are let through as a test."
        )
    worked = _probe(guard)
    _tell_fleet()
    return f"{guard.policy.words}: the test {worked}."


def _probe(guard: Guard) -> str:
    """All the probes that are permitted, so that it closes or opens; how the last that failed did."""
    worked = "worked"
    for _ in range(guard.policy.probes):
        try:
            assert guard.probe is not None
            guard.probe()
        except NotPermitted:
            break  # customers' own calls were the probes
        except Exception as error:
            worked = f"failed ({type(error).__name__})"
    return worked


def reset(*, names: list[str] | None, reason: str, actor: str, now: datetime) -> list[str]:
    """Close these, or all, and forget what was counted; what people forced stays."""
    guards = registry.all_guards() if names is None else [find(name) for name in names]
    for guard in guards:
        _audit(guard, "reset", reason, actor, now)
        guard.reset(f"reset by {actor}")
    _tell_fleet()
    return [guard.name for guard in guards]


def _order(
    name: str, state: OrderState, reason: str, *, until: datetime, actor: str, now: datetime
) -> Order:
    with transaction.atomic():
        order = Order.objects.create(
            breaker=name, state=state, reason=reason[:200], actor=actor[:80], at=now, until=until
        )
        facts = {"state": str(state), "until": until.isoformat()}
        audit.record(
            subject=f"breakers.breaker:{name}", action=str(OrderState(state).label).lower(),
            actor=actor, reason=reason, after=facts, now=now,
        )  # fmt: skip
        transaction.on_commit(_orders_changed)
    return order


def _orders_changed() -> None:
    """Here at once; elsewhere when they hear of it, or read again by themselves."""
    orders.apply()
    store = registry.shared_store()
    if store is not None:
        try:
            store.orders_changed()
        except StoreAway:
            return


def _tell_fleet() -> None:
    fleet.meet()


def _audit(guard: Guard, action: str, reason: str, actor: str, now: datetime) -> None:
    seen = guard.snapshot()
    before: dict[str, Any] = {"state": seen.state.value, **asdict(seen.tally)}
    audit.record(
        subject=f"breakers.breaker:{guard.name}", action=action, actor=actor, reason=reason,
        before=before, now=now,
    )  # fmt: skip
