"""One attempt to collect one amount owed, and its history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from core.crypto.fields import SealedJSONField, SealedTextField
from core.money import Money

from .stateful import Beside, HistoryRow, Stateful
from .states import PAYMENT, PAYMENT_OPEN, PaymentStatus
from .unknown import UnknownOutcome

SYSTEM = "system"
PRICE, FOR_MOVE = "price", "move-"


def purpose_of(move_id: UUID | None) -> str:
    """What an attempt is to collect: the booking's price, or the difference of this move of it."""
    return PRICE if move_id is None else f"{FOR_MOVE}{move_id.hex}"


class PaymentTransition(HistoryRow):
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="transitions"
    )


class Payment(UnknownOutcome, Stateful):
    """`refunded_minor` is what refunds have reserved of `captured_minor`, which it never passes; `disputed_away_minor`
    is what lost disputes took of it."""

    machine = PAYMENT
    history = PaymentTransition
    history_column = "payment_id"

    booking = models.ForeignKey(
        "courses.Booking", on_delete=models.PROTECT, related_name="payments"
    )
    purpose = models.CharField(max_length=40, default=PRICE)
    amount_minor = models.BigIntegerField("amount")
    currency = models.CharField(max_length=3, default="GBP")
    operation_id = models.CharField(max_length=64, unique=True)
    confirmation_token = models.CharField(max_length=255, unique=True)

    gateway_id = models.CharField("Stripe payment", max_length=255, unique=True, null=True)
    charge_id = models.CharField("Stripe charge", max_length=255, unique=True, null=True)
    client_secret = SealedTextField(blank=True, default="")
    card_brand = models.CharField(max_length=40, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    card_country = models.CharField(max_length=2, blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    three_d_secure = models.CharField(max_length=40, blank=True)
    authorised_until = models.DateTimeField(null=True)
    captured_minor = models.BigIntegerField(default=0)
    captured_at = models.DateTimeField(null=True)
    refunded_minor = models.BigIntegerField(default=0)
    disputed_away_minor = models.BigIntegerField(default=0, db_default=0)
    # Late money: it paid for nothing, whatever becomes of the refund that follows.
    without_place = models.BooleanField(default=False, db_default=False)

    address = SealedTextField(blank=True, default="")
    device = SealedJSONField(default=dict)
    card_facts = SealedJSONField(default=dict)
    # Since when address, device and facts are empty: nobody needs them any more.
    stripped_at = models.DateTimeField(null=True, editable=False)

    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="payments_payment_status"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="payments_payment_amount_positive"
            ),
            models.CheckConstraint(condition=Q(currency="GBP"), name="payments_payment_gbp"),
            models.CheckConstraint(
                condition=Q(captured_minor__gte=0, captured_minor__lte=F("amount_minor")),
                name="payments_payment_captured_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("captured_minor")),
                name="payments_payment_refunded_within_captured",
            ),
            models.CheckConstraint(
                condition=~Q(status=PaymentStatus.SUCCEEDED)
                | Q(
                    captured_minor=F("amount_minor"),
                    gateway_id__isnull=False,
                    captured_at__isnull=False,
                ),
                name="payments_payment_success_is_captured",
            ),
            models.UniqueConstraint(
                fields=["booking", "purpose"],
                condition=Q(status__in=PAYMENT_OPEN),
                name="payments_payment_one_open",
            ),
            models.UniqueConstraint(
                fields=["booking", "purpose"],
                condition=Q(status=PaymentStatus.SUCCEEDED, without_place=False),
                name="payments_payment_one_success",
            ),
        ]
        indexes = [
            models.Index(fields=["booking", "-created_at"], name="payments_payment_of_booking"),
            models.Index(fields=["-created_at"], name="payments_payment_newest"),
            models.Index(
                fields=["changed_at"],
                condition=Q(status__in=PAYMENT_OPEN),
                name="payments_payment_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_status_display().lower()}"

    def get_status_display(self) -> str:
        return PaymentStatus(self.status).label

    @classmethod
    def begin(
        cls, *, booking_id: UUID, amount: Money, confirmation_token: str, address: str,
        device: dict[str, Any], now: datetime, move_id: UUID | None = None,
    ) -> "Payment":  # fmt: skip
        payment = cls(
            booking_id=booking_id, purpose=purpose_of(move_id),
            amount_minor=amount.minor, currency=amount.currency,
            confirmation_token=confirmation_token, address=address, device=device,
            status=PaymentStatus.CREATED, created_at=now,
        )  # fmt: skip
        payment.operation_id = f"pay-{payment.id}"
        payment._begin(actor="customer", cause="pay", now=now)
        return payment

    # --- transitions ---------------------------------------------------------------------------

    def send(self, *, now: datetime, intent: Beside | None = None) -> tuple[Any, ...] | None:
        return self._move("send", actor=SYSTEM, cause="to the gateway", now=now, beside=intent)

    def block(self, *, now: datetime) -> None:
        self._move("block", actor=SYSTEM, cause="risk", now=now)

    def require_action(self, *, now: datetime, **facts: Any) -> None:
        self._move("require_action", actor="gateway", cause="bank approval", now=now, **facts)

    def process(self, *, now: datetime, **facts: Any) -> None:
        self._move("process", actor="gateway", cause="processing", now=now, **facts)

    def authorise(self, *, now: datetime, **facts: Any) -> None:
        self._move("authorise", actor="gateway", cause="authorised", now=now, **facts)

    def fail(self, *, cause: str, now: datetime, **facts: Any) -> None:
        self._move("fail", actor="gateway", cause=cause, now=now, **facts)

    def cancel(self, *, cause: str, now: datetime, **facts: Any) -> None:
        facts["failure_code"] = cause[:64]
        self._move("cancel", actor=SYSTEM, cause=cause, now=now, **facts)

    def capture(self, *, now: datetime, intent: Beside | None = None) -> tuple[Any, ...] | None:
        return self._move("capture", actor=SYSTEM, cause="to the gateway", now=now, beside=intent)

    def lapse(self, *, now: datetime) -> None:
        self._move("lapse", actor="gateway", cause="authorisation ended", now=now)

    def succeed(
        self, *, captured_minor: int, cause: str, now: datetime, without_place: bool = False
    ) -> None:
        self._move(
            "succeed", actor="gateway", cause=cause, now=now, captured_minor=captured_minor,
            captured_at=now, without_place=without_place,
        )  # fmt: skip

    def lose_sight(self, *, cause: str, due_at: datetime | None, now: datetime) -> None:
        """The request may have arrived: from now on only the gateway's word counts."""
        facts = self._out_of_sight(due_at=due_at, now=now)
        self._move("lose_sight", actor=SYSTEM, cause=cause, now=now, **facts)

    def learn(self, **facts: Any) -> None:
        """What the gateway calls it and says of its card; its state stays as it is."""
        for name, value in facts.items():
            setattr(self, name, value)
        self.save(update_fields=list(facts))

    # --- questions -----------------------------------------------------------------------------

    @property
    def move_id(self) -> UUID | None:
        """The move whose difference it is to collect."""
        return UUID(self.purpose.removeprefix(FOR_MOVE)) if self.purpose != PRICE else None

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def captured(self) -> Money:
        return Money(self.captured_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_minor, self.currency)

    @property
    def refundable(self) -> Money:
        """What a refund may still take."""
        disputed_away = Money(self.disputed_away_minor, self.currency)
        return max(self.captured - self.refunded - disputed_away, Money.zero(self.currency))

    @property
    def is_open(self) -> bool:
        return self.status in PAYMENT_OPEN

    @property
    def is_unknown(self) -> bool:
        return self.status == PaymentStatus.UNKNOWN
