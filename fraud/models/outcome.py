"""What became of each try, once, and how often each key was seen, in five-minute buckets."""

from datetime import datetime

from django.db import models

from core.ids import uuid7

BUCKET_SECONDS = 300


class Kind(models.TextChoices):
    ATTEMPT = "attempt", "Tried"
    DECLINED = "declined", "Refused by the bank"
    SUCCEEDED = "succeeded", "Paid"
    BLOCKED = "blocked", "Stopped by us"
    DISPUTED = "disputed", "Disputed as fraud"
    WARNED = "warned", "Called fraud by the bank"
    REFUNDED_AS_FRAUD = "refunded_as_fraud", "Refunded as fraud"


class Outcome(models.Model):
    """The guard that makes a repeated report count once, and the memory of what was counted where:
    an assessment takes the present payment's own counts out again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment_id = models.UUIDField("payment")
    kind = models.CharField(max_length=20, choices=Kind)
    keys = models.JSONField()
    course = models.CharField(max_length=80, blank=True)
    amount_minor = models.BigIntegerField(default=0)
    happened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment_id", "kind"], name="fraud_outcome_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=Kind.values), name="fraud_outcome_kind"
            ),
        ]
        indexes = [
            models.Index(
                fields=["course", "-happened_at"],
                include=["amount_minor", "payment_id"],
                condition=models.Q(kind="succeeded"),
                name="fraud_outcome_course_paid",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class KeyCount(models.Model):
    """How often a key met one kind of outcome within five minutes. `key` is a keyed digest."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=64)
    key_kind = models.CharField(max_length=10)
    outcome = models.CharField(max_length=20, choices=Kind)
    bucket_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "outcome", "bucket_at"], name="fraud_keycount_bucket"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_kind}: {self.count} {self.outcome}"


def bucket(at: datetime) -> datetime:
    """The start of the five minutes that `at` lies in."""
    return datetime.fromtimestamp(at.timestamp() // BUCKET_SECONDS * BUCKET_SECONDS, at.tzinfo)
