"""Our books beside the gateway's: each comparison that was made, and each difference until it is explained."""

from django.db import models
from django.db.models import Q

from core.crypto.fields import SealedTextField
from core.ids import uuid7

from .payment import Payment


class DifferenceKind(models.TextChoices):
    PAYMENT_UNKNOWN = "payment_unknown", "Taken at Stripe, not known here"
    PAYMENT_MISSING = "payment_missing", "Taken here, not known at Stripe"
    PAYMENT_AMOUNT = "payment_amount", "Taken with another amount at Stripe"
    PAYMENT_STATE = "payment_state", "Ended here, but Stripe holds or took the money"
    REFUND_UNKNOWN = "refund_unknown", "Given back at Stripe, not known here"
    REFUND_MISSING = "refund_missing", "Given back here, not known at Stripe"
    REFUND_AMOUNT = "refund_amount", "Given back with another amount at Stripe"
    REFUND_STATE = "refund_state", "A refund stands otherwise at Stripe"
    DISPUTE_STATE = "dispute_state", "A dispute is not known here, or stands otherwise"
    LEDGER_MISSING = "ledger_missing", "Moved at Stripe, not in our ledger"
    LEDGER_UNKNOWN = "ledger_unknown", "In our ledger, not moved at Stripe"
    LEDGER_AMOUNT = "ledger_amount", "Moved with another amount at Stripe"
    PAYOUT_SUM = "payout_sum", "A payout is not the sum of what it carried"


class DifferenceStatus(models.TextChoices):
    OPEN = "open", "Open"
    GIVEN = "given", "With a person"
    GONE = "gone", "Gone when looked at again"
    EXPLAINED = "explained", "Explained by a person"


class Reconciliation(models.Model):
    """One comparison of a span of time, `since` to `until`. `slot` is taken while it runs, by one at a time."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slot = models.CharField(max_length=10, unique=True, null=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    compared = models.JSONField(default=dict)
    fetched_events = models.PositiveIntegerField(default=0)
    differences = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="payments_reconcil_newest")]

    def __str__(self) -> str:
        return f"{self.since:%d %b} to {self.until:%d %b}"


class Difference(models.Model):
    """One thing that our books and the gateway's tell otherwise. `subject` is the gateway's object, or ours where
    the gateway has none; amounts are null where a side has none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=DifferenceKind)
    subject = models.CharField(max_length=255)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, related_name="differences"
    )
    ours_minor = models.BigIntegerField(null=True)
    theirs_minor = models.BigIntegerField(null=True)
    ours_word = models.CharField(max_length=40, blank=True)
    theirs_word = models.CharField(max_length=40, blank=True)
    happened_at = models.DateTimeField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    status = models.CharField(
        max_length=10, choices=DifferenceStatus, default=DifferenceStatus.OPEN
    )
    given_to = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)
    note = SealedTextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=DifferenceKind.values), name="payments_difference_kind"
            ),
            models.CheckConstraint(
                condition=Q(status__in=DifferenceStatus.values), name="payments_difference_status"
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(status__in=["open", "given"]),
                name="payments_difference_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["happened_at"],
                condition=Q(status__in=["open", "given"]),
                name="payments_difference_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
