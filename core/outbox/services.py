"""What staff can do about a delivery that gave up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core import nudges
from core.audit import services as audit
from core.outbox.events import RELAY_TASK
from core.outbox.models import Delivery, State


def replay(*, delivery_ids: Sequence[UUID], actor: str, reason: str, now: datetime) -> int:
    """Try again, from the first try on, those that gave up or are waiting for their next try; how many there were.

    What is done or being handled this moment is left alone.
    """
    with transaction.atomic():
        chosen = Delivery.objects.filter(
            id__in=delivery_ids, state__in=[State.GAVE_UP, State.WAITING]
        ).select_for_update(skip_locked=True)
        deliveries = list(chosen)
        for delivery in deliveries:
            _record(delivery, actor, reason, now)
        ids = [delivery.id for delivery in deliveries]
        count = Delivery.objects.filter(id__in=ids).update(
            state=State.WAITING, attempts=0, due_at=now
        )
        nudges.on_commit(RELAY_TASK)
    return count


def _record(delivery: Delivery, actor: str, reason: str, now: datetime) -> None:
    audit.record(
        subject=f"outbox.delivery:{delivery.id}",
        action="replayed",
        actor=actor,
        reason=reason,
        before={"state": delivery.state, "attempts": delivery.attempts},
        after={"state": State.WAITING.value, "attempts": 0},
        now=now,
    )
