"""The money check: our books beside Stripe's, day by day, and each difference with what can be done about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView, View
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from core import clock, nudges
from core.backoffice import people
from core.backoffice.readonly import ReadOnlyAdmin
from core.errors import Refusal
from payments import tasks
from payments.models import Difference, DifferenceKind, Reconciliation
from payments.services import ledger
from payments.services.reconciling import days, mending
from payments.services.reconciling.keeping import STANDING

CONSOLE = "admin:payments_difference_changelist"
DAYS_SHOWN, SHOWN_MAX = timedelta(days=14), 100
_K = DifferenceKind
CAUSES = {
    _K.PAYMENT_UNKNOWN: "Made by hand in Stripe, or by another system with our key.",
    _K.PAYMENT_MISSING: "Our key may be of another Stripe account, or the row was changed.",
    _K.PAYMENT_AMOUNT: "Captured by hand in Stripe with another amount.",
    _K.PAYMENT_STATE: "A message was lost, or somebody acted in Stripe after it had ended here.",
    _K.REFUND_UNKNOWN: "Given back by hand in Stripe.",
    _K.REFUND_MISSING: "Our key may be of another Stripe account, or the row was changed.",
    _K.REFUND_AMOUNT: "The row was changed after it was sent.",
    _K.REFUND_STATE: "The bank answered later, and its message was lost.",
    _K.DISPUTE_STATE: "A message about the dispute was lost.",
    _K.LEDGER_MISSING: "The movement has not been written down here.",
    _K.LEDGER_UNKNOWN: "Written down here, but Stripe moved nothing.",
    _K.LEDGER_AMOUNT: "A part is not written down here, or with another amount.",
    _K.PAYOUT_SUM: "Stripe has not said yet what it carried, or left something out.",
}


@dataclass(frozen=True)
class Proof:
    """What another part of the books was proved of; `problems` are sentences, `at` is None before the first time."""

    title: str
    at: datetime | None
    words: str
    problems: Sequence[str] = ()


_proofs: list[Callable[[], Proof]] = []


def add_proof(proof: Callable[[], Proof]) -> None:
    """Called once by each app's `admin`."""
    _proofs.append(proof)


@admin.register(Difference)
class MoneyCheckAdmin(ReadOnlyAdmin):
    """Every page is one of ours."""

    def get_urls(self) -> list[URLPattern]:
        mine = [
            path("compare/", self._page(CompareNow), name="payments_difference_compare"),
            path("<uuid:pk>/look/", self._page(LookAgain), name="payments_difference_look"),
            path("<uuid:pk>/adopt/", self._page(Adopt), name="payments_difference_adopt"),
            path("<uuid:pk>/give/", self._page(Give), name="payments_difference_give"),
            path("<uuid:pk>/explain/", self._page(Explain), name="payments_difference_explain"),
        ]
        return [*mine, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._page(MoneyCheck)(request)

    def _page(self, page: type[View]) -> Any:
        return self.admin_site.admin_view(page.as_view(model_admin=self))


class MoneyCheck(UnfoldModelAdminViewMixin, TemplateView):
    title = "Money check"
    permission_required = "payments.view_difference"
    template_name = "admin/payments/money_check.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = clock.now()
        last = Reconciliation.objects.order_by("-started_at").first()
        done = Reconciliation.objects.filter(failure="", finished_at__isnull=False)
        whole = done.order_by("-until").first()
        standing = Difference.objects.filter(status__in=STANDING).select_related("payment__booking")
        return super().get_context_data(**kwargs) | {
            "last": last,
            "whole": whole,
            "days": days.days(since=now - DAYS_SHOWN, until=whole.until) if whole else [],
            "differences": [
                (each, CAUSES[DifferenceKind(each.kind)], mending.may_adopt(each))
                for each in standing.order_by("-happened_at")[:SHOWN_MAX]
            ],
            "balances": [each for each in ledger.trial_balance() if each.debit or each.credit],
            "proofs": [proof() for proof in _proofs],
            "may_act": self.request.user.has_perm("payments.change_difference"),
        }


class _Post(UnfoldModelAdminViewMixin, View):
    permission_required = "payments.change_difference"
    http_method_names = ["post"]
    title = ""


class CompareNow(_Post):
    def post(self, request: HttpRequest) -> HttpResponse:
        if nudges.send(tasks.RECONCILE_RECENT):
            messages.info(request, "The last two days are being compared. Look again in a minute.")
        else:
            messages.error(request, "The worker could not be reached. It compares within the hour.")
        return redirect(CONSOLE)


class _Mend(_Post):
    mend: Callable[..., Difference]
    gone = "It is settled."
    still = "It still differs."

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        try:
            found = type(self).mend(difference_id=pk, actor=people.actor(request), now=clock.now())
        except Refusal as refusal:
            messages.error(request, str(refusal.detail))
        else:
            standing = found.status in STANDING
            (messages.warning if standing else messages.success)(
                request, self.still if standing else self.gone
            )
        return redirect(CONSOLE)


class LookAgain(_Mend):
    mend = staticmethod(mending.look_again)
    gone = "It no longer differs."


class Adopt(_Mend):
    mend = staticmethod(mending.adopt)
    gone = "It is in our books now."


class GiveForm(forms.Form):
    person = forms.CharField(
        label="Who looks into it", max_length=150, widget=UnfoldAdminTextInputWidget()
    )


class ExplainForm(forms.Form):
    note = forms.CharField(
        label="Why it differs", max_length=mending.NOTE_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with it and in the audit trail. It comes back only when it changes.",
    )  # fmt: skip


class _Form(UnfoldModelAdminViewMixin, FormView):
    permission_required = "payments.change_difference"
    template_name = "admin/payments/difference.html"

    @cached_property
    def difference(self) -> Difference:
        rows = Difference.objects.select_related("payment__booking")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "difference": self.difference,
            "back": reverse(CONSOLE),
            "words": self.title,
        }

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            self.act(form)
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return self.form_invalid(form)
        messages.success(self.request, "Kept.")
        return HttpResponseRedirect(reverse(CONSOLE))

    def act(self, form: forms.Form) -> None:
        raise NotImplementedError


class Give(_Form):
    title = "Give to a person"
    form_class = GiveForm

    def act(self, form: forms.Form) -> None:
        mending.give_to(
            difference_id=self.difference.pk, person=form.cleaned_data["person"],
            actor=people.actor(self.request), now=clock.now(),
        )  # fmt: skip


class Explain(_Form):
    title = "Explain"
    form_class = ExplainForm

    def act(self, form: forms.Form) -> None:
        mending.explain(
            difference_id=self.difference.pk, note=form.cleaned_data["note"],
            actor=people.actor(self.request), now=clock.now(),
        )  # fmt: skip
