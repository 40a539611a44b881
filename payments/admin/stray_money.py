"""Money without a place: what Stripe has taken or given that our books can't place, and the decision about each."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.generic import FormView
from unfold.decorators import action, display
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from core import clock, formats
from core.audit import selectors as audit
from core.backoffice.readonly import ReadOnlyAdmin
from core.crypto.fields import readable
from core.errors import Refusal
from core.idempotency.forms import IdempotentFormMixin
from payments import emails
from payments.models import StrayKind, StrayMoney, StrayStatus
from payments.services import stray_money

TONES = {
    StrayStatus.OPEN.label: "danger",
    StrayStatus.GIVING_BACK.label: "info",
    StrayStatus.GIVEN_BACK.label: "success",
    StrayStatus.MATCHED.label: "success",
}
GIVE_BACK, MATCH = "give_back", "match"


@admin.register(StrayMoney)
class StrayMoneyAdmin(ReadOnlyAdmin):
    list_display = ("found_at", "booking_link", "amount_shown", "kind", "standing", "gateway_id")
    list_filter = ("status", "kind")
    search_fields = ("payment__booking__reference__exact", "gateway_id__exact")
    search_help_text = "A booking such as RFT-7KQ9TC, or a Stripe id"
    list_select_related = ("payment__booking",)
    ordering = ("-found_at", "-id")
    fields = (
        "booking_link", "amount_shown", "kind", "standing", "gateway_id", "found_at",
        "decided_by", "decided_at", "note_shown", "timeline",
    )  # fmt: skip
    actions_detail = ("decide",)

    def get_urls(self) -> list[URLPattern]:
        console = self.admin_site.admin_view(StrayMoneyConsole.as_view(model_admin=self))
        mine = path("<uuid:stray_id>/decision/", console, name="payments_straymoney_decision")
        return [mine, *super().get_urls()]

    @display(description="Booking", ordering="payment__booking__reference")
    def booking_link(self, stray: StrayMoney) -> SafeString:
        address = reverse("admin:payments_payment_change", args=[stray.payment_id])
        return format_html('<a href="{}">{}</a>', address, stray.payment.booking.reference)

    @display(description="Amount", ordering="amount_minor")
    def amount_shown(self, stray: StrayMoney) -> str:
        return formats.money(stray.amount)

    @display(description="State", label=TONES)
    def standing(self, stray: StrayMoney) -> str:
        return stray.get_status_display()

    @display(description="Why")
    def note_shown(self, stray: StrayMoney) -> str:
        return readable(stray, "note") or "Not decided yet"

    @display(description="What happened")
    def timeline(self, stray: StrayMoney) -> SafeString:
        rows = [
            {
                "at": entry.at,
                "words": entry.action.removeprefix("stray_money.").replace("_", " ").capitalize(),
                "detail": entry.actor,
                "trace_id": entry.trace_id,
            }
            for entry in audit.history(f"payments.straymoney:{stray.pk}")
        ]
        return render_to_string("admin/payments/_timeline.html", {"rows": rows})

    @action(description="Decide", url_path="what-now", permissions=["decide"])
    def decide(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:payments_straymoney_decision", args=[object_id]))

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("payments.add_refund"))


class DecisionForm(forms.Form):
    choice = forms.ChoiceField(label="What to do", widget=UnfoldAdminRadioSelectWidget)
    note = forms.CharField(
        label="Why",
        max_length=stray_money.NOTE_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with it and in the audit trail.",
    )

    def __init__(self, *args: Any, stray: StrayMoney, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        give_back = (GIVE_BACK, f"Give {formats.money(stray.amount)} back to the card")
        matched = (MATCH, "It is matched by hand: nothing is sent")
        choice = self.fields["choice"]
        assert isinstance(choice, forms.ChoiceField)
        may_go_back = stray.kind == StrayKind.PAYMENT and stray.is_open
        choice.choices = [give_back, matched] if may_go_back else [matched]


class StrayMoneyConsole(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    """First the choice, then what it does, then one button that names it."""

    title = "Money without a place"
    permission_required = "payments.add_refund"
    form_class = DecisionForm
    template_name = "admin/payments/stray.html"

    @cached_property
    def stray(self) -> StrayMoney:
        rows = StrayMoney.objects.select_related("payment__booking")
        return get_object_or_404(rows, pk=self.kwargs["stray_id"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "stray": self.stray}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "stray": self.stray,
            "undecided": stray_money.is_undecided(self.stray),
            "booking": self.stray.payment.booking,
            "card": emails.card_words(self.stray.payment),
            "back": self.get_success_url(),
        }

    def form_valid(self, form: DecisionForm) -> HttpResponse:
        """The button carries what was shown; if the amount is another one by now, it is shown again."""
        choice = form.cleaned_data["choice"]
        if self.request.POST.get("confirmed") != f"{choice}:{self.stray.amount_minor}":
            return self._preview(form)
        act = stray_money.give_back if choice == GIVE_BACK else stray_money.match
        actor = f"staff:{self.request.user.pk}"
        try:
            act(
                stray_id=self.stray.pk, note=form.cleaned_data["note"], actor=actor, now=clock.now()
            )
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return self.form_invalid(form)
        messages.success(self.request, self._done(choice))
        return super().form_valid(form)

    def get_success_url(self) -> str:
        return reverse("admin:payments_straymoney_change", args=[self.stray.pk])

    def _preview(self, form: DecisionForm) -> HttpResponse:
        context = self.get_context_data(form=form) | {
            "gives_back": form.cleaned_data["choice"] == GIVE_BACK,
            "given": [(name, form.cleaned_data[name]) for name in ("choice", "note")],
            "confirmed": f"{form.cleaned_data['choice']}:{self.stray.amount_minor}",
        }
        return render(self.request, "admin/payments/stray_preview.html", context)

    def _done(self, choice: str) -> str:
        amount = formats.money(self.stray.amount)
        return f"{amount} is on its way back." if choice == GIVE_BACK else f"{amount} is matched."
