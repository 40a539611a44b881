"""What was published, and what became of it with each handler.

A message is written in the transaction of the fact that it tells; it has one delivery for each handler that was
subscribed then. A delivery is claimed under a lease, and marked done in the transaction of the handler's effects.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Q

from core import ids

ATTEMPTS_MAX = 10
LEASE = timedelta(seconds=15)
ERROR_LENGTH_MAX = 2000
GUARD = "FOR UPDATE SKIP LOCKED"


class Message(models.Model):
    """One event, as it was told: its name, the version of its shape, and plain values."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    name = models.CharField("event", max_length=100)
    version = models.PositiveSmallIntegerField()
    payload = models.JSONField()
    trace = models.JSONField(default=dict, blank=True)
    published_at = models.DateTimeField("published", db_index=True)

    class Meta:
        verbose_name = "message"

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class State(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Sending"
    DONE = "done", "Done"
    GAVE_UP = "gave_up", "Gave up"


OPEN_STATES = (State.WAITING, State.SENDING)


@dataclass(frozen=True)
class Claim:
    """A delivery that this process may handle until its lease runs out, with all that its handler needs."""

    id: UUID
    handler: str
    attempt: int
    event: str
    version: int
    payload: dict[str, Any]
    trace: dict[str, str]
    published_at: datetime


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def open(self) -> "DeliveryQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def gave_up(self) -> "DeliveryQuerySet":
        return self.filter(state=State.GAVE_UP)

    def claim_fresh(self, *, now: datetime, limit: int) -> list[Claim]:
        """Deliveries never tried before. Their due time is not asked, so that no clock can hold them back."""
        return _claim("state = 'waiting' AND attempts = 0", "id", now, limit)

    def claim_retry(self, *, now: datetime) -> list[Claim]:
        """One that failed, or whose process died, and whose time has come; alone, since it may do it again."""
        due = f"state IN ('waiting', 'sending') AND attempts BETWEEN 1 AND {ATTEMPTS_MAX - 1} AND due_at <= %(now)s"
        return _claim(due, "due_at", now, 1)

    def mark_done(self, claims: Sequence[Claim], *, now: datetime) -> int:
        """Called in the handlers' transaction. Fewer than asked: another process holds the claim by now."""
        (attempt,) = {claim.attempt for claim in claims}
        held = self.filter(
            id__in=[claim.id for claim in claims], state=State.SENDING, attempts=attempt
        )
        return held.update(state=State.DONE, done_at=now, error="")

    def mark_failed(self, claim: Claim, *, error: str, retry_at: datetime | None) -> bool:
        """Wait until `retry_at`, or give up for good; False when another process holds the claim by now."""
        held = self.filter(id=claim.id, state=State.SENDING, attempts=claim.attempt)
        state = State.WAITING if retry_at else State.GAVE_UP
        changes: dict[str, Any] = {"state": state, "error": error[:ERROR_LENGTH_MAX]}
        if retry_at:
            changes["due_at"] = retry_at
        return held.update(**changes) == 1

    def bury_exhausted(self, *, now: datetime) -> int:
        """Give up those whose last allowed try took its process down with it."""
        lost = self.filter(state=State.SENDING, attempts__gte=ATTEMPTS_MAX, due_at__lte=now)
        return lost.update(state=State.GAVE_UP, error="The process died during the last try.")


class Delivery(models.Model):
    """One message on its way to one handler."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    handler = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField("tries", default=0)
    due_at = models.DateTimeField("next try")
    done_at = models.DateTimeField("done", null=True, blank=True)
    error = models.TextField(blank=True, default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "delivery"
        verbose_name_plural = "outbox"
        constraints = [
            models.UniqueConstraint(fields=["message", "handler"], name="outbox_one_delivery_each"),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="outbox_delivery_state"
            ),
            models.CheckConstraint(
                condition=Q(attempts__lte=ATTEMPTS_MAX), name="outbox_delivery_attempts"
            ),
            models.CheckConstraint(
                condition=Q(state=State.DONE, done_at__isnull=False)
                | (~Q(state=State.DONE) & Q(done_at__isnull=True)),
                name="outbox_delivery_done_at",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.GAVE_UP) | ~Q(error=""), name="outbox_delivery_why"
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state=State.WAITING, attempts=0),
                name="outbox_delivery_fresh",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=[State.WAITING, State.SENDING], attempts__gt=0),
                name="outbox_delivery_retry",
            ),
            models.Index(
                fields=["id"], condition=Q(state=State.GAVE_UP), name="outbox_delivery_gave_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handler}: {self.get_state_display()}"


def _claim(due: str, order: str, now: datetime, limit: int) -> list[Claim]:
    """One statement: take rows that nobody else is taking, count the try, lease them."""
    statement = f"""
        WITH due AS MATERIALIZED (
            SELECT id FROM outbox_delivery WHERE {due} ORDER BY {order} LIMIT %(limit)s {GUARD}
        )
        UPDATE outbox_delivery AS delivery
        SET state = 'sending', attempts = attempts + 1, due_at = %(lease_ends)s
        FROM due, outbox_message AS message
        WHERE delivery.id = due.id AND message.id = delivery.message_id
        RETURNING delivery.id, delivery.handler, delivery.attempts, message.name, message.version,
                  message.payload::text, message.trace::text, message.published_at
    """  # noqa: S608 - made of this module's constants only
    values: dict[str, Any] = {"now": now, "limit": limit, "lease_ends": now + LEASE}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    return sorted((_as_claim(row) for row in rows), key=lambda claim: claim.id)


def _as_claim(row: tuple[Any, ...]) -> Claim:
    key, handler, attempt, event, version, payload, trace, published_at = row
    return Claim(
        key, handler, attempt, event, version, json.loads(payload), json.loads(trace), published_at
    )
