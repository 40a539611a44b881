"""What became of each try, once."""

from django.db import models

from core.ids import uuid7


class Kind(models.TextChoices):
    ATTEMPT = "attempt", "Tried"
    DECLINED = "declined", "Refused by the bank"
    SUCCEEDED = "succeeded", "Paid"
    BLOCKED = "blocked", "Stopped by us"
    DISPUTED = "disputed", "Disputed as fraud"
    WARNED = "warned", "Called fraud by the bank"
    REFUNDED_AS_FRAUD = "refunded_as_fraud", "Refunded as fraud"
    FRAUD = "fraud", "Called fraud by staff"
    GENUINE = "genuine", "Called genuine by staff"
    MATURED = "matured", "Never disputed"


# What a key's profile makes of it; several ways to hear of one fraud are one fraud.
HAPPENINGS: dict[str, str] = {
    Kind.ATTEMPT: "attempt",
    Kind.DECLINED: "declined",
    Kind.SUCCEEDED: "succeeded",
    Kind.BLOCKED: "blocked",
    Kind.DISPUTED: "fraud",
    Kind.WARNED: "fraud",
    Kind.REFUNDED_AS_FRAUD: "fraud",
    Kind.FRAUD: "fraud",
    Kind.GENUINE: "genuine",
    Kind.MATURED: "genuine",
}


class Outcome(models.Model):
    """The guard that makes a repeated report count once, and the memory that every key's profile is
    made of."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment_id = models.UUIDField("payment")
    kind = models.CharField(max_length=20, choices=Kind)
    keys = models.JSONField()
    course = models.CharField(max_length=80, blank=True)
    amount_minor = models.BigIntegerField(default=0)
    country = models.CharField(max_length=2, blank=True, db_default="")
    happened_at = models.DateTimeField()
    # A label that says otherwise than the one before it: when that one became known.
    replaces_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment_id", "kind"], name="fraud_outcome_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=Kind.values), name="fraud_outcome_kind"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "happened_at"], name="fraud_outcome_by_time"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
