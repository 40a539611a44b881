"""A payment that the cardholder's bank takes back: a mirror of the gateway's object."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from core.money import Money

from .payment import Payment
from .stateful import HistoryRow, Stateful
from .states import DISPUTE, DISPUTE_OPEN, DisputeStatus


class DisputeTransition(HistoryRow):
    dispute = models.ForeignKey(
        "payments.Dispute", on_delete=models.PROTECT, related_name="transitions"
    )


class Dispute(Stateful):
    machine = DISPUTE
    history = DisputeTransition
    history_column = "dispute_id"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    gateway_id = models.CharField("Stripe dispute", max_length=255, unique=True)
    amount_minor = models.BigIntegerField("amount")
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=64, blank=True)
    evidence_due_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=DisputeStatus.values), name="payments_dispute_status"
            ),
        ]
        indexes = [
            models.Index(
                fields=["payment"],
                condition=Q(status__in=DISPUTE_OPEN),
                name="payments_dispute_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_status_display().lower()}"

    def get_status_display(self) -> str:
        return DisputeStatus(self.status).label

    @classmethod
    def open(
        cls, *, payment: Payment, gateway_id: str, amount: Money, status: str, reason: str,
        evidence_due_at: datetime | None, opened_at: datetime, now: datetime,
    ) -> "Dispute":  # fmt: skip
        dispute = cls(
            payment=payment, gateway_id=gateway_id, amount_minor=amount.minor,
            currency=amount.currency, status=status, reason=reason,
            evidence_due_at=evidence_due_at, opened_at=opened_at,
        )  # fmt: skip
        dispute._begin(actor="gateway", cause=reason or "dispute", now=now)
        return dispute

    def mirror(self, status: str, *, evidence_due_at: datetime | None, now: datetime) -> None:
        """Takes over what the gateway says; nothing to do when it says the same."""
        if status == self.status:
            return
        self._move(
            f"mirror_{status}", actor="gateway", cause="mirrored", now=now,
            evidence_due_at=evidence_due_at,
        )  # fmt: skip

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_open(self) -> bool:
        return self.status in DISPUTE_OPEN
