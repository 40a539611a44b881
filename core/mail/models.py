"""What is mailed, and how each try went. Recipient and words are sealed; the queue is the table itself."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from core.backoff import Backoff
from core.crypto.fields import SealedBytesField, SealedTextField
from core.ids import uuid7

ATTEMPTS_MAX = 14
BACKOFF = Backoff(first_seconds=30, factor=3, ceiling_seconds=3600)
LEASE = timedelta(seconds=180)


class MessageState(models.TextChoices):
    QUEUED = "queued", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    FAILED = "failed", "Will be tried again"
    SENT = "sent", "Sent"
    DEAD = "dead", "Given up"


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: datetime) -> "MessageQuerySet":
        """To be sent now: new ones, ones to try again, and ones whose sender died on the way."""
        waiting = Q(state__in=[MessageState.QUEUED, MessageState.FAILED], due_at__lte=now)
        left_behind = Q(state=MessageState.SENDING, due_at__lte=now)
        return self.filter(waiting | left_behind)

    def about(self, subject: str) -> "MessageQuerySet":
        return self.filter(about=subject)


class Message(models.Model):
    """One e-mail to one person. `dedupe_key` makes it the only one of its kind for its cause.

    queued -> sending -> sent | failed | dead;  failed -> sending. While `sending`, `due_at` is the end of
    the sender's lease, and `attempt` tells its claim from a later one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=80)
    about = models.CharField(max_length=120)
    dedupe_key = models.CharField(max_length=200, unique=True)
    recipient = SealedTextField()
    recipient_index = models.CharField(max_length=64)
    subject = SealedTextField()
    text = SealedTextField()
    html = SealedTextField()
    state = models.CharField(
        max_length=10, choices=MessageState.choices, default=MessageState.QUEUED
    )
    attempt = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    trace = models.JSONField(default=dict)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "message"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=MessageState.values), name="mail_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state=MessageState.SENT, sent_at__isnull=False)
                | (~Q(state=MessageState.SENT) & Q(sent_at__isnull=True)),
                name="mail_sent_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="mail_due",
                condition=Q(state__in=["queued", "failed", "sending"]),
            ),
            models.Index(fields=["about"], name="mail_about"),
            models.Index(fields=["recipient_index"], name="mail_recipient"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} about {self.about}"

    def claim(self, *, now: datetime) -> bool:
        """Take the message for sending; False when another sender was quicker."""
        taken = Message.objects.filter(pk=self.pk, attempt=self.attempt).due(now)
        return self._change(
            taken, state=MessageState.SENDING, attempt=self.attempt + 1, due_at=now + LEASE
        )

    def mark_sent(self, *, now: datetime) -> bool:
        return self._finish(state=MessageState.SENT, sent_at=now)

    def mark_failed(self, *, now: datetime) -> bool:
        """Try again later, or give up after the last attempt."""
        if self.attempt >= ATTEMPTS_MAX:
            return self.mark_dead()
        return self._finish(state=MessageState.FAILED, due_at=now + BACKOFF.after(self.attempt))

    def mark_dead(self) -> bool:
        return self._finish(state=MessageState.DEAD)

    def _finish(self, **changes: object) -> bool:
        """Only the claim that is still the present one may say how it went."""
        mine = Message.objects.filter(pk=self.pk, attempt=self.attempt, state=MessageState.SENDING)
        return self._change(mine, **changes)

    def _change(self, rows: MessageQuerySet, **changes: object) -> bool:
        """The row, if it is among these, and this object with it."""
        if not rows.update(**changes):
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True


class Attachment(models.Model):
    """A file of a message: sealed in the row, or made at sending time by a registered provider."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=120, blank=True, default="")
    mime = models.CharField(max_length=120, blank=True, default="")
    content = SealedBytesField(null=True)
    provider = models.CharField(max_length=80, blank=True, default="")
    provided_id = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(content__isnull=False, provider="")
                | (Q(content__isnull=True) & ~Q(provider="")),
                name="mail_attachment_has_one_source",
            )
        ]

    def __str__(self) -> str:
        return self.name or f"{self.provider} {self.provided_id}"


class Outcome(models.TextChoices):
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused for good"
    TEMPORARY = "temporary", "Not now"
    UNKNOWN = "unknown", "Not known: the connection broke while sending"


class Delivery(models.Model):
    """One try. `answer` is the server's code or the kind of failure, never its words: they quote addresses."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    attempt = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    answer = models.CharField(max_length=80, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="mail_outcome_known"
            )
        ]

    def __str__(self) -> str:
        return f"try {self.attempt}: {self.outcome}"
