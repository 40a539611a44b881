"""Refunds: where each stands, and what can be done about one that failed or was stopped."""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods
from unfold.decorators import action, display

from core import clock, formats
from core.backoffice import badges
from core.backoffice.paging import choosing
from core.backoffice.readonly import ReadOnlyAdmin
from core.crypto.fields import readable
from core.errors import Refusal
from core.idempotency.forms import idempotent_form
from payments import selectors
from payments.admin.refund_approval import RefundApproval
from payments.models import Refund, RefundStatus
from payments.models.states import REFUND_UNDECIDED
from payments.services import refunds

TONES = {
    "Sent": "success",
    "On its way": "info",
    "Sending…": "info",
    "Approved": "info",
    "Failed": "danger",
    "Checking with the bank": "warning",
    "Asked for": "warning",
    "Sent back with a question": "warning",
}


class WaitingFilter(admin.SimpleListFilter):
    title = "waiting for a person"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Refund]) -> QuerySet[Refund]:
        return queryset.filter(pk__in=Refund.objects.waiting()) if self.value() else queryset


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at", "booking_link", "amount_shown", "standing", "reason_shown", "requested_by",
        "failure_code",
    )  # fmt: skip
    list_filter = (
        WaitingFilter,
        choosing("status", "state", RefundStatus.choices),
        "reason",
        "external",
    )
    search_fields = ("payment__booking__reference__exact", "gateway_id__exact")
    search_help_text = "A booking such as RFT-7KQ9TC, or a Stripe id"
    list_select_related = ("payment__booking",)
    ordering = ("-created_at", "-id")
    fields = (
        "booking_link", "amount_shown", "standing", "reason_shown", "note_shown", "requested_by",
        "gateway_id", "failure_code", "cancels_places", "external", "retry_of", "tried_again",
        "timeline",
    )  # fmt: skip
    actions_detail = ("decide", "settle")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.settle_view)
        mine = path("<uuid:refund_id>/settle/", view, name="payments_refund_what_now")
        page = self.admin_site.admin_view(RefundApproval.as_view(model_admin=self))
        approval = path("<uuid:refund_id>/approval/", page, name="payments_refund_approval")
        return [mine, approval, *super().get_urls()]

    @display(description="Booking", ordering="payment__booking__reference")
    def booking_link(self, refund: Refund) -> SafeString:
        address = reverse("admin:payments_payment_change", args=[refund.payment_id])
        return format_html('<a href="{}">{}</a>', address, refund.payment.booking.reference)

    @display(description="Amount", ordering="amount_minor")
    def amount_shown(self, refund: Refund) -> str:
        return formats.money(refund.amount)

    @display(description="State", label=TONES)
    def standing(self, refund: Refund) -> str:
        return refund.get_status_display()

    @display(description="Why")
    def reason_shown(self, refund: Refund) -> str:
        return refund.get_reason_display()

    @display(description="Note")
    def note_shown(self, refund: Refund) -> str:
        return readable(refund, "note") or "None"

    @display(description="Tried again as")
    def tried_again(self, refund: Refund) -> str | SafeString:
        newer = Refund.objects.filter(retry_of=refund).first()
        if newer is None:
            return "Not tried again"
        address = reverse("admin:payments_refund_change", args=[newer.pk])
        return format_html('<a href="{}">{}</a>', address, newer)

    @display(description="What happened")
    def timeline(self, refund: Refund) -> SafeString:
        rows = [
            {
                "at": step.at,
                "words": RefundStatus(step.to_status).label,
                "detail": f"{step.cause} ({step.actor})",
                "trace_id": step.trace_id,
            }
            for step in refund.transitions.order_by("at", "id")
        ]
        return render_to_string("admin/payments/_timeline.html", {"rows": rows})

    @action(description="Approve or ask", url_path="decide", permissions=["decide"])
    def decide(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:payments_refund_approval", args=[object_id]))

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Only where somebody has to decide."""
        return bool(request.user.has_perm("payments.view_refund")) and (
            object_id is None
            or Refund.objects.filter(
                pk=object_id, needs_approval=True, status__in=REFUND_UNDECIDED
            ).exists()
        )

    @action(description="Not sent: what now", url_path="what-now", permissions=["settle"])
    def settle(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:payments_refund_what_now", args=[object_id]))

    def has_settle_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(request.user.has_perm("payments.change_refund"))

    def settle_view(self, request: HttpRequest, refund_id: UUID) -> HttpResponse:
        """Try again, or record that it was paid by bank transfer."""
        if not self.has_settle_permission(request):
            return HttpResponse(status=403)
        site = self.admin_site.each_context(request)
        return cast(HttpResponse, _settle(request, refund_id, site))


@idempotent_form
@require_http_methods(["GET", "POST"])
def _settle(request: HttpRequest, refund_id: UUID, site: dict[str, Any]) -> HttpResponse:
    refund = selectors.refund(refund_id)
    page = reverse("admin:payments_refund_change", args=[refund.pk])
    error = ""
    if request.method == "POST":
        try:
            _act(request, refund)
            return HttpResponseRedirect(page)
        except Refusal as refusal:
            error = " ".join(word for words in refusal.fields.values() for word in words)
            error = error or refusal.detail
    context = {**site, "title": "A refund that was not sent", "refund": refund, "error": error}
    tried_again = Refund.objects.filter(retry_of=refund).exists()
    is_stopped = Refund.objects.stopped().filter(pk=refund.pk).exists()
    can_act = (refund.status == RefundStatus.FAILED or is_stopped) and not tried_again
    context |= {"can_act": can_act, "is_stopped": is_stopped}
    context |= {"tried_again": tried_again, "back": page}
    return render(request, "admin/payments/settle.html", context)


def _act(request: HttpRequest, refund: Refund) -> None:
    actor, now = f"staff:{request.user.pk}", clock.now()
    if request.POST.get("act") == "retry":
        refunds.retry(refund_id=refund.pk, actor=actor, now=now)
        messages.success(request, f"{formats.money(refund.amount)} is on its way again.")
    else:
        note = request.POST.get("note", "")[:2000]
        refunds.settle_by_hand(refund_id=refund.pk, note=note, actor=actor, now=now)
        messages.success(request, f"{formats.money(refund.amount)} is recorded as paid.")


badges.register("refunds", lambda: Refund.objects.waiting().count())
