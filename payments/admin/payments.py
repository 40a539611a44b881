"""Payments: what was tried and taken, how it came about, and what was asked of Stripe."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from core import formats
from core.backoffice.paging import choosing
from core.backoffice.readonly import ReadOnlyAdmin
from fraud import selectors as fraud
from payments.admin.refund_console import RefundConsole
from payments.models import FraudWarning, Payment, PaymentStatus
from payments.models.states import DISPUTE_OPEN

TONES = {
    "Taken": "success",
    "Returned": "info",
    "Part returned": "info",
    "Disputed": "danger",
    "Refused": "danger",
    "Blocked by us": "danger",
    "Checking with the bank": "warning",
    "Authorised": "warning",
}
CARDS = (
    ("visa", "Visa"), ("mastercard", "Mastercard"), ("amex", "American Express"),
    ("discover", "Discover"), ("diners", "Diners Club"), ("jcb", "JCB"), ("unionpay", "UnionPay"),
)  # fmt: skip
STRIPE_PAGE = "https://dashboard.stripe.com/payments/{}"


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at", "booking_link", "amount_shown", "standing", "card", "why", "gateway_id",
    )  # fmt: skip
    list_filter = (
        choosing("status", "state", PaymentStatus.choices),
        choosing("card_brand", "card", CARDS),
    )
    search_fields = ("booking__reference__exact", "gateway_id__exact", "charge_id__exact")
    search_help_text = "A booking such as RFT-7KQ9TC, or a Stripe id"
    list_select_related = ("booking",)
    ordering = ("-created_at", "-id")
    fields = (
        "booking_link", "amount_shown", "standing", "card", "why", "stripe_link", "charge_id",
        "three_d_secure", "authorised_until", "captured_shown", "refunded_shown", "timeline",
        "calls", "scores",
    )  # fmt: skip
    actions_detail = ("give_back",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        return super().get_queryset(request).prefetch_related("disputes")

    def get_urls(self) -> list[URLPattern]:
        console = self.admin_site.admin_view(RefundConsole.as_view(model_admin=self))
        mine = path("<uuid:payment_id>/refund/", console, name="payments_payment_refund")
        return [mine, *super().get_urls()]

    # --- columns -------------------------------------------------------------------------------

    @display(description="Booking", ordering="booking__reference")
    def booking_link(self, payment: Payment) -> SafeString:
        address = reverse("admin:courses_booking_change", args=[payment.booking_id])
        return format_html('<a href="{}">{}</a>', address, payment.booking.reference)

    @display(description="Amount", ordering="amount_minor")
    def amount_shown(self, payment: Payment) -> str:
        return formats.money(payment.amount)

    @display(description="State", label=TONES)
    def standing(self, payment: Payment) -> str:
        return standing_of(payment)

    @display(description="Card")
    def card(self, payment: Payment) -> str:
        words = (payment.card_brand.capitalize(), payment.card_last4, payment.card_country)
        return " ".join(word for word in words if word)

    @display(description="Why not")
    def why(self, payment: Payment) -> str:
        return payment.decline_code or payment.failure_code

    @display(description="Taken")
    def captured_shown(self, payment: Payment) -> str:
        return formats.money(payment.captured)

    @display(description="Returned or on its way")
    def refunded_shown(self, payment: Payment) -> str:
        return formats.money(payment.refunded)

    @display(description="Stripe payment")
    def stripe_link(self, payment: Payment) -> str | SafeString:
        if not payment.gateway_id:
            return "None yet"
        address = STRIPE_PAGE.format(payment.gateway_id)
        return format_html('<a href="{}" rel="noopener">{}</a>', address, payment.gateway_id)

    @display(description="What happened")
    def timeline(self, payment: Payment) -> SafeString:
        steps: list[Any] = list(payment.transitions.order_by("at", "id"))
        for refund in payment.refunds.prefetch_related("transitions"):
            steps += refund.transitions.all()
        rows = [_happening(step) for step in sorted(steps, key=lambda step: (step.at, step.id))]
        rows += [_warned(warning) for warning in payment.fraud_warnings.all()]
        rows.sort(key=lambda row: row["at"])
        return render_to_string("admin/payments/_timeline.html", {"rows": rows})

    @display(description="Asked of Stripe")
    def calls(self, payment: Payment) -> SafeString:
        rows = payment.gateway_calls.order_by("first_sent_at", "id")
        return render_to_string("admin/payments/_calls.html", {"rows": rows})

    @display(description="Risk")
    def scores(self, payment: Payment) -> SafeString:
        rows = fraud.assessments_of(payment.id)
        return render_to_string("admin/payments/_scores.html", {"rows": rows})

    # --- acts ----------------------------------------------------------------------------------

    @action(description="Give money back", url_path="give-back", permissions=["give_back"])
    def give_back(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:payments_payment_refund", args=[object_id]))

    def has_give_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("payments.add_refund"))


def standing_of(payment: Payment) -> str:
    """The state in words; what came after the money was taken counts more than that it was."""
    if payment.status != PaymentStatus.SUCCEEDED:
        return payment.get_status_display()
    if any(dispute.status in DISPUTE_OPEN for dispute in payment.disputes.all()):
        return "Disputed"
    if payment.refunded_minor == 0:
        return "Taken"
    return "Returned" if payment.refunded_minor == payment.captured_minor else "Part returned"


def _warned(warning: FraudWarning) -> dict[str, Any]:
    return {
        "at": warning.heard_at,
        "words": "The card’s bank calls this payment fraud",
        "detail": f"{warning.words} (early fraud warning)",
        "trace_id": "",
    }


def _happening(step: Any) -> dict[str, Any]:
    subject = "Payment" if hasattr(step, "payment_id") else "Refund"
    return {
        "at": step.at,
        "words": f"{subject}: {step.to_status.replace('_', ' ')}",
        "detail": f"{step.cause} ({step.actor})",
        "trace_id": step.trace_id,
    }
