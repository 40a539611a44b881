"""Checks that look at rows: do jobs get done, do e-mails go out. They never make a process "not ready"."""

from datetime import timedelta

from core import clock
from core.breakers import registry
from core.breakers.policy import State
from core.health import observations
from core.health.checks import NotKnown, Slow
from core.mail.models import Message, MessageState

SILENT_AFTER = timedelta(seconds=60)
MAIL_LATE_AFTER = timedelta(minutes=10)
STOPPED = (State.OPEN, State.FORCED_OPEN)


class NothingDone(Exception):
    """No job has come through."""


class Paused(Exception):
    """A circuit breaker turns calls away."""


def jobs() -> None:
    last = observations.last_proof()
    if last is None:
        raise NotKnown("No job has run yet.")
    if clock.now() - last > SILENT_AFTER:
        raise NothingDone


def email() -> None:
    breaker("mail")
    late = Message.objects.filter(
        state__in=(MessageState.QUEUED, MessageState.FAILED),
        created_at__lt=clock.now() - MAIL_LATE_AFTER,
    ).count()
    if late:
        raise Slow(f"{late} wait longer than ten minutes.")


def breaker(prefix: str) -> None:
    """Raises Paused where a breaker whose name begins so is open, Slow where one is being tested."""
    states = {
        guard.snapshot().state
        for guard in registry.all_guards()
        if guard.policy.name.startswith(prefix)
    }
    if states & set(STOPPED):
        raise Paused
    if State.HALF_OPEN in states:
        raise Slow("It is being tested after a pause.")
