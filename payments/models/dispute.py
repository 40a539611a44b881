"""A payment that the cardholder's bank takes back: a mirror of the gateway's object."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from core.money import Money

from .payment import Payment
from .stateful import HistoryRow, MovedMeanwhile, Stateful
from .states import (
    ANSWER_STANDING,
    DISPUTE,
    DISPUTE_OPEN,
    DISPUTE_UNANSWERED,
    DisputeStatus,
)

REASONS = {
    "bank_cannot_process": "The bank could not process it",
    "check_returned": "The bank could not process it",
    "credit_not_processed": "A refund was promised and did not come",
    "customer_initiated": "The customer asked the bank",
    "debit_not_authorized": "The customer did not agree to it",
    "duplicate": "Charged twice",
    "fraudulent": "The cardholder did not pay this",
    "general": "No reason given",
    "incorrect_account_details": "Wrong account details",
    "insufficient_funds": "Not enough money in the account",
    "noncompliant": "Against the card network’s rules",
    "product_not_received": "The course was not given",
    "product_unacceptable": "The course was not as described",
    "subscription_canceled": "Cancelled before it was charged",
    "unrecognized": "The cardholder does not know this payment",
}


class DisputeTransition(HistoryRow):
    dispute = models.ForeignKey(
        "payments.Dispute", on_delete=models.PROTECT, related_name="transitions"
    )


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def unanswered(self) -> "DisputeQuerySet":
        """The bank waits, and nobody here has decided what it is told."""
        rows = self.filter(status__in=DISPUTE_UNANSWERED)
        return rows.exclude(answers__status__in=ANSWER_STANDING)


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

    objects = DisputeQuerySet.as_manager()

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
            self._mirror_deadline(evidence_due_at)
            return
        self._move(
            f"mirror_{status}", actor="gateway", cause="mirrored", now=now,
            evidence_due_at=evidence_due_at,
        )  # fmt: skip

    def _mirror_deadline(self, evidence_due_at: datetime | None) -> None:
        """The bank may move its day without any change of state. Conditional, as every move is."""
        if evidence_due_at == self.evidence_due_at:
            return
        seen = Dispute.objects.filter(pk=self.pk, status=self.status, changed_at=self.changed_at)
        if not seen.update(evidence_due_at=evidence_due_at):
            raise MovedMeanwhile(state=self.status, action="mirror")
        self.evidence_due_at = evidence_due_at

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_open(self) -> bool:
        return self.status in DISPUTE_OPEN

    @property
    def needs_answer(self) -> bool:
        return self.status in DISPUTE_UNANSWERED

    @property
    def reason_in_words(self) -> str:
        return REASONS.get(self.reason) or self.reason.replace("_", " ") or REASONS["general"]
