"""The inbox: what the gateway told us, once for each event, ids and listed fields but not the body."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models
from django.db.models import F, Q

from core.ids import uuid7

ATTEMPTS_MAX = 10
LEASE = timedelta(seconds=90)
# How long waiting for the gateway, or for what has not happened here yet, costs no attempt.
PATIENCE = timedelta(hours=72)
PAUSE_MIN, PAUSE_MAX = timedelta(seconds=5), timedelta(minutes=10)


class WebhookState(models.TextChoices):
    RECEIVED = "received", "Waiting"
    DONE = "done", "Done"
    IGNORED = "ignored", "Not for us"
    DEAD = "dead", "Given up"


class WebhookQuerySet(models.QuerySet["WebhookEvent"]):
    def due(self, now: datetime) -> "WebhookQuerySet":
        return self.filter(state=WebhookState.RECEIVED, next_attempt_at__lte=now)


class WebhookEvent(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.CharField(max_length=64, blank=True)
    livemode = models.BooleanField()
    event_id = models.CharField(max_length=255)
    type = models.CharField(max_length=100)
    api_version = models.CharField(max_length=40, blank=True)
    object_type = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=255, blank=True)
    payment_intent = models.CharField(max_length=255, blank=True)
    charge = models.CharField(max_length=255, blank=True)
    operation_id = models.CharField(max_length=64, blank=True)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=WebhookState, default=WebhookState.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)
    # How often the gateway told it again; what is known is answered and ignored.
    seen_again = models.PositiveIntegerField(default=0, db_default=0)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "livemode", "event_id"], name="payments_webhookevent_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=WebhookState.values), name="payments_webhookevent_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state="received"),
                name="payments_webhookevent_due",
            ),
            models.Index(
                fields=["received_at"],
                condition=Q(state="dead"),
                name="payments_webhookevent_dead",
            ),
            models.Index(fields=["-received_at"], name="payments_webhookevent_newest"),
        ]

    def __str__(self) -> str:
        return self.type

    @classmethod
    def store(cls, *, waits: bool = True, now: datetime, **fields: Any) -> "WebhookEvent | None":
        """The new row, or None where the event is known: one statement, whoever else inserts it now.

        `waits` says whether there is something to do about it; otherwise its end is its beginning.
        """
        event = cls(received_at=now, next_attempt_at=now, **fields)
        if not waits:
            event.state, event.processed_at = WebhookState.IGNORED, now
        columns = cls._meta.concrete_fields
        names = ", ".join(connection.ops.quote_name(str(field.column)) for field in columns)
        values = [
            field.get_db_prep_save(getattr(event, field.attname), connection) for field in columns
        ]
        places = ", ".join(["%s"] * len(values))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO payments_webhookevent ({names}) VALUES ({places})"  # noqa: S608
                " ON CONFLICT (account, livemode, event_id) DO NOTHING",
                values,
            )
            stored = cursor.rowcount == 1
        if not stored:
            cls._note_repeat(event)
        return event if stored else None

    @classmethod
    def _note_repeat(cls, event: "WebhookEvent") -> None:
        cls.objects.filter(
            account=event.account, livemode=event.livemode, event_id=event.event_id
        ).update(seen_again=F("seen_again") + 1)

    @classmethod
    def claim(cls, pk: object, *, now: datetime) -> "WebhookEvent | None":
        """The row, for this hand alone until the lease ends; None when done or in another hand."""
        claimed = (
            cls.objects.filter(pk=pk)
            .due(now)
            .update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE)
        )
        return cls.objects.get(pk=pk) if claimed else None

    @property
    def waits(self) -> bool:
        return self.state == WebhookState.RECEIVED

    def finish(self, state: str, *, now: datetime) -> None:
        self.state, self.processed_at, self.error = state, now, ""
        self.save(update_fields=["state", "processed_at", "error"])

    def put_off(self, error: str, *, now: datetime) -> None:
        """Again later, with growing pauses; after the last attempt it waits for a person."""
        self.error = error[:200]
        if self.attempts >= ATTEMPTS_MAX:
            self.state = WebhookState.DEAD
        self.next_attempt_at = now + timedelta(seconds=min(5 * 2**self.attempts, 3600))
        self.save(update_fields=["state", "error", "next_attempt_at"])

    def wait(self, error: str, *, now: datetime) -> None:
        """Nobody's fault and certain to pass, such as an outage: no attempt is used up for three days."""
        age = now - self.received_at
        if age >= PATIENCE:
            self.put_off(error, now=now)
            return
        self.error, self.attempts = error[:200], self.attempts - 1
        self.next_attempt_at = now + min(max(age, PAUSE_MIN), PAUSE_MAX)
        self.save(update_fields=["attempts", "error", "next_attempt_at"])

    def revive(self, *, now: datetime) -> None:
        """A person wants it processed again."""
        self.state, self.attempts, self.next_attempt_at = WebhookState.RECEIVED, 0, now
        self.save(update_fields=["state", "attempts", "next_attempt_at"])
