"""What the API takes and gives about money. Nothing here says why a payment was doubted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from core.api.serializers import MoneyField, StrictSerializer
from core.money import Money
from courses.api.serializers import BookingOut
from payments.models import STAFF_REASONS, Payment, PaymentStatus, Refund

_P = PaymentStatus
SHOWN = {
    _P.SUCCEEDED: "succeeded",
    _P.REQUIRES_ACTION: "requires_action",
    _P.UNKNOWN: "unknown",
    _P.BLOCKED: "failed",
    _P.FAILED: "failed",
    _P.CANCELLED: "failed",
    _P.LAPSED: "failed",
}
STATUSES = ("succeeded", "requires_action", "under_review", "processing", "unknown", "failed")
REFUND_DECIDED = ("requested", "approved")
FORM_OF_FINGERPRINT = r"^[0-9a-f]{16,64}\Z"
FORM_OF_TOKEN = r"^ctoken_[A-Za-z0-9_]{8,200}\Z"  # noqa: S105 - the form, not one of them


def shown_status(payment: Payment, booking_status: str) -> str:
    """One word of the interface; an authorised payment waits for a person, or for its own next step."""
    if payment.status == _P.AUTHORISED and booking_status == "under_review":
        return "under_review"
    return SHOWN.get(_P(payment.status), "processing")


class DeviceIn(StrictSerializer):
    """What the payer's browser says of itself. All of it is optional: what is missing is unknown, and
    nobody is refused for that."""

    id = serializers.CharField(
        required=False, allow_blank=True, max_length=128,
        help_text="A partner's own name for the device; a weak mark beside our cookie.",
    )  # fmt: skip
    fingerprint = serializers.RegexField(
        FORM_OF_FINGERPRINT, required=False, allow_blank=True,
        help_text="A hash over plain properties of the browser, 16 to 64 hex digits. Kept only as a keyed digest.",
    )  # fmt: skip
    webdriver = serializers.BooleanField(
        required=False, help_text="Whether the browser says that a program drives it."
    )
    user_agent = serializers.CharField(required=False, allow_blank=True, max_length=512)
    language = serializers.CharField(required=False, allow_blank=True, max_length=40)
    timezone = serializers.CharField(required=False, allow_blank=True, max_length=64)
    screen = serializers.CharField(required=False, allow_blank=True, max_length=40)
    seconds_on_form = serializers.IntegerField(
        required=False, min_value=0, max_value=86_400,
        help_text="From the moment the card form could be filled in.",
    )  # fmt: skip


class PaymentIn(StrictSerializer):
    confirmation_token = serializers.RegexField(FORM_OF_TOKEN)
    device = DeviceIn(required=False)


class PaymentOut(serializers.Serializer):
    status = serializers.ChoiceField(choices=STATUSES)
    amount = MoneyField(read_only=True)
    client_secret = serializers.CharField(required=False)

    @classmethod
    def of(cls, payment: Payment, booking_status: str, *, is_booker: bool) -> dict[str, Any]:
        """The secret, with which the payment can be completed, only to the browser that booked, and only
        while it has something to do with it."""
        status = shown_status(payment, booking_status)
        shown: dict[str, Any] = {"status": status, "amount": payment.amount.as_json()}
        if status == "requires_action" and is_booker:
            shown["client_secret"] = payment.client_secret
        return shown


class PaidBookingOut(BookingOut):
    """One booking with its money."""

    payment = PaymentOut(allow_null=True)
    paid = MoneyField(read_only=True)
    refunded = MoneyField(read_only=True)


class RefundIn(StrictSerializer):
    payment = serializers.UUIDField()
    amount = MoneyField()
    reason = serializers.ChoiceField(choices=[each.value for each in STAFF_REASONS])
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    cancel_places = serializers.BooleanField(required=False, default=True)
    attendees = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=100)


class ApprovalIn(StrictSerializer):
    decision = serializers.ChoiceField(["approve", "send_back"])
    note = serializers.CharField(
        required=False, max_length=500, help_text="What you ask; needed to send it back."
    )


class RefundOut(serializers.Serializer):
    id = serializers.UUIDField()
    payment = serializers.UUIDField(source="payment_id")
    status = serializers.CharField()
    amount = MoneyField(read_only=True)
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class StaffPaymentOut(serializers.Serializer):
    id = serializers.UUIDField()
    booking = serializers.CharField(source="booking.reference")
    status = serializers.CharField()
    amount = MoneyField(read_only=True)
    captured = MoneyField(read_only=True)
    refunded = MoneyField(read_only=True)
    gateway_id = serializers.CharField(allow_null=True)
    card_brand = serializers.CharField()
    card_last4 = serializers.CharField()
    created_at = serializers.DateTimeField()


class DecidedRefundOut(serializers.Serializer):
    """What goes back with what the customer did; `requested` waits for a second person."""

    status = serializers.ChoiceField(choices=REFUND_DECIDED)
    amount = MoneyField()


def shown(refunds: Sequence[Refund]) -> dict[str, Any] | None:
    """Of a booking that was paid for in parts, their sum."""
    if not refunds:
        return None
    amount = Money.total(each.amount for each in refunds)
    return {"status": refunds[0].status, "amount": amount.as_json()}
