"""What the cards' banks call fraud: a proposal to give the money back before it is disputed. A person decides."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.generic import FormView
from unfold.decorators import action, display
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextareaWidget

from core import clock, formats
from core.backoffice import people
from core.backoffice.readonly import ReadOnlyAdmin
from core.errors import Refusal
from core.idempotency.forms import IdempotentFormMixin
from payments.admin.refund_console import FOR_FRAUD
from payments.models import FraudWarning
from payments.services import fraud_warnings

WAITS, LEFT, SETTLED = "Give it back?", "Looked at", "Settled"
TONES = {WAITS: "danger", LEFT: "info", SETTLED: "success"}


@admin.register(FraudWarning)
class FraudWarningAdmin(ReadOnlyAdmin):
    list_display = ("heard_at", "booking_link", "left", "words_shown", "standing")
    list_filter = ("actionable",)
    search_fields = ("payment__booking__reference__exact", "gateway_id__exact")
    search_help_text = "A booking such as RFT-7KQ9TC, or a Stripe id"
    list_select_related = ("payment__booking",)
    ordering = ("-actionable", "-heard_at", "-id")
    fields = (
        "booking_link", "left", "words_shown", "standing", "warned_at", "heard_at", "gateway_id",
        "left_by", "left_at",
    )  # fmt: skip
    actions_detail = ("decide",)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(WarningConsole.as_view(model_admin=self))
        mine = path("<uuid:warning_id>/decision/", page, name="payments_fraudwarning_decision")
        return [mine, *super().get_urls()]

    @display(description="Booking", ordering="payment__booking__reference")
    def booking_link(self, warning: FraudWarning) -> SafeString:
        address = reverse("admin:payments_payment_change", args=[warning.payment_id])
        return format_html('<a href="{}">{}</a>', address, warning.payment.booking.reference)

    @display(description="Could go back")
    def left(self, warning: FraudWarning) -> str:
        return formats.money(warning.payment.refundable)

    @display(description="What the bank says")
    def words_shown(self, warning: FraudWarning) -> str:
        return warning.words

    @display(description="State", label=TONES)
    def standing(self, warning: FraudWarning) -> str:
        if warning.left_at is not None:
            return LEFT
        return WAITS if warning.actionable and warning.payment.refundable.minor else SETTLED

    @action(description="Decide", url_path="what-now", permissions=["decide"])
    def decide(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        address = reverse("admin:payments_fraudwarning_decision", args=[object_id])
        return HttpResponseRedirect(address)

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("payments.change_fraudwarning"))


class LeaveForm(forms.Form):
    note = forms.CharField(
        label="Why nothing is given back",
        max_length=fraud_warnings.NOTE_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept in the audit trail.",
    )


class WarningConsole(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    """Give it back in the refund console, with its preview and its limits; or leave it, with a reason."""

    title = "Called fraud by the bank"
    permission_required = "payments.change_fraudwarning"
    form_class = LeaveForm
    template_name = "admin/payments/fraud_warning.html"

    @cached_property
    def warning(self) -> FraudWarning:
        rows = FraudWarning.objects.select_related("payment__booking")
        return get_object_or_404(rows, pk=self.kwargs["warning_id"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        warning, payment = self.warning, self.warning.payment
        refund = reverse("admin:payments_payment_refund", args=[payment.pk])
        return super().get_context_data(**kwargs) | {
            "warning": warning,
            "payment": payment,
            "waits": warning.actionable and warning.left_at is None and payment.refundable.minor,
            "refund_url": f"{refund}?proposal={FOR_FRAUD}",
            "secured": payment.three_d_secure == "authenticated",
            "back": self.get_success_url(),
        }

    def form_valid(self, form: LeaveForm) -> HttpResponse:
        try:
            fraud_warnings.leave(
                warning_id=self.warning.pk,
                note=form.cleaned_data["note"],
                actor=people.actor(self.request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return self.form_invalid(form)
        messages.success(self.request, "Nothing is given back for this warning.")
        return super().form_valid(form)

    def get_success_url(self) -> str:
        return reverse("admin:payments_fraudwarning_change", args=[self.warning.pk])
