"""Money on its way back: asked for by staff, a customer or a saga, or seen at the gateway (external)."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from core.crypto.fields import SealedTextField
from core.money import Money

from .dispute import Dispute
from .payment import SYSTEM, Payment
from .stateful import HistoryRow, Stateful
from .states import DISPUTE_OPEN, REFUND, REFUND_OPEN, REFUND_UNDECIDED, RefundStatus
from .unknown import UnknownOutcome


class RefundReason(models.TextChoices):
    POLICY = "policy", "Cancellation policy"
    WE_CANCELLED = "we_cancelled", "We cancelled"
    GOODWILL = "goodwill", "Goodwill"
    DUPLICATE = "duplicate", "Duplicate"
    WRONG_AMOUNT = "wrong_amount", "Wrong amount"
    FRAUD = "fraud", "Fraud"
    MOVED = "moved", "Moved to another date"
    EXTERNAL = "external", "Made at Stripe"


# What staff may say. The others are said by the gateway, and by a move to a cheaper date.
STAFF_REASONS = tuple(
    each for each in RefundReason if each not in (RefundReason.EXTERNAL, RefundReason.MOVED)
)


class RefundTransition(HistoryRow):
    refund = models.ForeignKey(
        "payments.Refund", on_delete=models.PROTECT, related_name="transitions"
    )


# Stopped on its way: the bank had the payment in question.
DISPUTED = "disputed"


class RefundQuerySet(models.QuerySet["Refund"]):
    def waiting(self) -> "RefundQuerySet":
        """For a person: asked for, failed and not tried again, or stopped by a dispute that is over and left its amount."""
        failed = Q(status=RefundStatus.FAILED, tried_again_as=None)
        return self.filter(
            Q(status=RefundStatus.REQUESTED) | failed | Q(pk__in=Refund.objects.stopped())
        )

    def stopped(self) -> "RefundQuerySet":
        """By a dispute that did not take the money in the end: it is still owed, and nobody sends it by itself."""
        disputed = Dispute.objects.filter(payment=OuterRef("payment"), status__in=DISPUTE_OPEN)
        taken = F("payment__refunded_minor") + F("payment__disputed_away_minor")
        return self.filter(
            ~Exists(disputed),
            status=RefundStatus.REJECTED,
            failure_code=DISPUTED,
            tried_again_as=None,
            payment__captured_minor__gte=taken + F("amount_minor"),
        )


class Refund(UnknownOutcome, Stateful):
    machine = REFUND
    history = RefundTransition
    history_column = "refund_id"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField("amount")
    currency = models.CharField(max_length=3, default="GBP")
    reason = models.CharField(max_length=20, choices=RefundReason)
    note = SealedTextField(blank=True, default="")
    external = models.BooleanField(default=False)
    cancels_places = models.BooleanField(default=False)
    # What its credit note takes of each line that was sold (place, gross, VAT), decided together with it.
    credit_lines = models.JSONField(null=True)
    # What failed is tried again once: this is what makes a second try of the same money impossible.
    retry_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="tried_again_as"
    )
    requested_by = models.CharField(max_length=150)
    # Over a limit: a second person approves, and until then nothing happens to the places of `leaving`.
    needs_approval = models.BooleanField(default=False, db_default=False)
    approved_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    leaving = models.JSONField(null=True)
    operation_id = models.CharField(max_length=64, unique=True)
    gateway_id = models.CharField("Stripe refund", max_length=255, unique=True, null=True)
    failure_code = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    objects = RefundQuerySet.as_manager()

    class Meta:
        permissions = [("approve_refund", "Can approve refunds that others asked for")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=RefundStatus.values), name="payments_refund_status"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="payments_refund_amount_positive"
            ),
            models.CheckConstraint(condition=Q(currency="GBP"), name="payments_refund_gbp"),
            models.CheckConstraint(
                condition=Q(reason__in=RefundReason.values), name="payments_refund_reason"
            ),
            models.CheckConstraint(
                condition=Q(status__in=REFUND_UNDECIDED)
                | Q(needs_approval=False)
                | (~Q(approved_by="") & ~Q(approved_by=F("requested_by"))),
                name="payments_refund_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[RefundStatus.PENDING, RefundStatus.SUCCEEDED])
                | Q(gateway_id__isnull=False),
                name="payments_refund_done_on_the_gateways_word",
            ),
        ]
        indexes = [
            models.Index(fields=["payment", "created_at"], name="payments_refund_of_payment"),
            models.Index(fields=["-created_at"], name="payments_refund_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_status_display().lower()}"

    def get_status_display(self) -> str:
        return RefundStatus(self.status).label

    @classmethod
    def ask(
        cls, *, payment: Payment, amount: Money, reason: str, note: str, cancels_places: bool,
        actor: str, now: datetime, retry_of: "Refund | None" = None,
        credit_lines: list[list[int]] | None = None, needs_approval: bool = False,
        leaving: list[str] | None = None,
    ) -> "Refund":  # fmt: skip
        refund = cls(
            needs_approval=needs_approval, leaving=leaving,
            payment=payment, amount_minor=amount.minor, currency=amount.currency, reason=reason,
            note=note, credit_lines=credit_lines, cancels_places=cancels_places, requested_by=actor, retry_of=retry_of,
            status=RefundStatus.REQUESTED, created_at=now,
        )  # fmt: skip
        refund.operation_id = f"refund-{refund.id}"
        refund._begin(actor=actor, cause=reason, now=now)
        return refund

    @classmethod
    def adopt(
        cls, *, payment: Payment, gateway_id: str, amount: Money, status: str, now: datetime,
        retry_of: "Refund | None" = None, credit_lines: list[list[int]] | None = None,
    ) -> "Refund":  # fmt: skip
        """A refund that was made at the gateway itself, or arrived there after we gave it up (`retry_of`)."""
        refund = cls(
            payment=payment, amount_minor=amount.minor, currency=amount.currency,
            reason=RefundReason.EXTERNAL, external=True, requested_by="gateway",
            gateway_id=gateway_id, retry_of=retry_of, credit_lines=credit_lines, status=status, created_at=now,
        )  # fmt: skip
        refund.operation_id = f"refund-{refund.id}"
        refund._begin(actor="gateway", cause="made at Stripe", now=now)
        return refund

    # --- transitions ---------------------------------------------------------------------------

    def approve(self, *, actor: str, cause: str, now: datetime) -> None:
        facts: dict[str, Any] = {"approved_by": actor} if self.needs_approval else {}
        self._move("approve", actor=actor, cause=cause, now=now, **facts)

    def send_back(self, *, actor: str, cause: str, now: datetime) -> None:
        self._move("send_back", actor=actor, cause=cause, now=now)

    def ask_again(self, *, actor: str, cause: str, now: datetime) -> None:
        self._move("ask_again", actor=actor, cause=cause, now=now)

    def reject(self, *, actor: str, cause: str, now: datetime, **facts: Any) -> None:
        self._move("reject", actor=actor, cause=cause, now=now, **facts)

    def send(self, *, now: datetime) -> None:
        self._move("send", actor=SYSTEM, cause="to the gateway", now=now)

    def pend(self, *, gateway_id: str, now: datetime) -> None:
        self._move("pend", actor="gateway", cause="pending", now=now, gateway_id=gateway_id)

    def succeed(self, *, gateway_id: str, now: datetime) -> None:
        self._move("succeed", actor="gateway", cause="succeeded", now=now, gateway_id=gateway_id)

    def fail(self, *, code: str, now: datetime, **facts: Any) -> None:
        self._move("fail", actor="gateway", cause=code, now=now, failure_code=code, **facts)

    def lose_sight(self, *, cause: str, due_at: datetime | None, now: datetime) -> None:
        facts = self._out_of_sight(due_at=due_at, now=now)
        self._move("lose_sight", actor=SYSTEM, cause=cause, now=now, **facts)

    def settle_by_hand(self, *, actor: str, cause: str, now: datetime, **facts: Any) -> None:
        self._move("settle_by_hand", actor=actor, cause=cause, now=now, **facts)

    # --- questions -----------------------------------------------------------------------------

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def was_stopped(self) -> bool:
        return self.status == RefundStatus.REJECTED and self.failure_code == DISPUTED

    @property
    def is_open(self) -> bool:
        return self.status in REFUND_OPEN
