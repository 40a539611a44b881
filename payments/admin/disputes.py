"""Disputes, as Stripe has them."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from core import formats
from core.backoffice.readonly import ReadOnlyAdmin
from payments.models import Dispute

TONES = {
    "Needs an answer": "danger",
    "Inquiry: needs an answer": "danger",
    "With the bank": "warning",
    "Inquiry: with the bank": "warning",
    "Won": "success",
    "Lost": "danger",
}


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = ("opened_at", "booking_link", "amount_shown", "standing", "reason", "due")
    list_filter = ("status",)
    search_fields = ("payment__booking__reference__exact", "gateway_id__exact")
    list_select_related = ("payment__booking",)
    ordering = ("-opened_at", "-id")
    fields = (
        "booking_link",
        "amount_shown",
        "standing",
        "reason",
        "due",
        "opened_at",
        "gateway_id",
    )

    @display(description="Booking")
    def booking_link(self, dispute: Dispute) -> SafeString:
        address = reverse("admin:payments_payment_change", args=[dispute.payment_id])
        return format_html('<a href="{}">{}</a>', address, dispute.payment.booking.reference)

    @display(description="Amount", ordering="amount_minor")
    def amount_shown(self, dispute: Dispute) -> str:
        return formats.money(dispute.amount)

    @display(description="State", label=TONES)
    def standing(self, dispute: Dispute) -> str:
        return dispute.get_status_display()

    @display(description="Answer by")
    def due(self, dispute: Dispute) -> str:
        return formats.long_date(dispute.evidence_due_at) if dispute.evidence_due_at else ""
