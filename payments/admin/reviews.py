"""The review queue and its cases: a person decides, with a reason; the saga takes or releases the money."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.views.generic import FormView
from unfold.decorators import display
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from core import clock, formats
from core.backoffice.readonly import ReadOnlyAdmin
from core.crypto.fields import readable
from core.errors import Refusal
from core.idempotency.forms import IdempotentFormMixin
from core.money import Money
from courses import selectors as courses
from fraud import selectors as fraud
from fraud.selectors import ReviewCase
from fraud.services import reviews
from payments import selectors

TONES = {
    "Waiting": "warning",
    "Approved": "success",
    "Declined": "danger",
    "Ran out of time": "danger",
    "Booking cancelled": "info",
}


@admin.register(ReviewCase)
class ReviewCaseAdmin(ReadOnlyAdmin):
    list_display = (
        "decide_by",
        "booking_reference",
        "amount_shown",
        "score",
        "heaviest",
        "standing",
    )
    list_filter = ("state",)
    search_fields = ("booking_reference__exact",)
    search_help_text = "A booking such as RFT-7KQ9TC"
    list_select_related = ("assessment",)
    ordering = ("promise_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewCase]:
        """The queue shows who waits; what was decided is found by the filter or by its booking."""
        cases = super().get_queryset(request)
        looks_for_more = {"state__exact", "q"} & set(request.GET)
        is_list = request.path == reverse("admin:fraud_reviewcase_changelist")
        return cases.filter(state="open") if is_list and not looks_for_more else cases

    def get_urls(self) -> list[URLPattern]:
        desk = self.admin_site.admin_view(ReviewDesk.as_view(model_admin=self))
        mine = path("<uuid:case_id>/decide/", desk, name="fraud_reviewcase_desk")
        return [mine, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The case's page is the desk."""
        return HttpResponseRedirect(reverse("admin:fraud_reviewcase_desk", args=[object_id]))

    @display(description="Decide by", ordering="promise_at")
    def decide_by(self, case: ReviewCase) -> str:
        return f"{formats.short_date(case.promise_at)}, {formats.clock_time(case.promise_at)}"

    @display(description="Amount", ordering="amount_minor")
    def amount_shown(self, case: ReviewCase) -> str:
        return formats.money(Money(case.amount_minor, case.currency))

    @display(description="Score")
    def score(self, case: ReviewCase) -> int:
        return case.assessment.score

    @display(description="Heaviest reason")
    def heaviest(self, case: ReviewCase) -> str:
        readings = case.assessment.readings
        return max(readings, key=lambda each: each["points"])["evidence"] if readings else ""

    @display(description="State", label=TONES)
    def standing(self, case: ReviewCase) -> str:
        return case.get_state_display()


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label="Decision",
        choices=[("approve", "Approve"), ("decline", "Decline")],
        widget=UnfoldAdminRadioSelectWidget,
    )
    reason = forms.ChoiceField(
        label="Why",
        choices=[
            ("", "Choose a reason"),
            ("Approve", list(reviews.REASONS["approve"].items())),
            ("Decline", list(reviews.REASONS["decline"].items())),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        label="Note",
        max_length=2000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Needed for “Something else”.",
    )


class ReviewDesk(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    title = "Booking to review"
    permission_required = "fraud.view_reviewcase"
    form_class = DecisionForm
    template_name = "admin/payments/review.html"

    @cached_property
    def case(self) -> ReviewCase:
        return fraud.case(self.kwargs["case_id"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        payment = selectors.payment(self.case.payment_id)
        now = clock.now()
        return super().get_context_data(**kwargs) | {
            "case": self.case,
            "payment": payment,
            "booking": courses.booking(payment.booking_id),
            "assessments": fraud.assessments_of(payment.id),
            "readings": sorted(self.case.assessment.readings, key=lambda each: -each["points"]),
            "amount": formats.money(Money(self.case.amount_minor, self.case.currency)),
            "late": self.case.promise_at < now,
            "note": readable(self.case, "note"),
            "may_decide": self.request.user.has_perm("fraud.change_reviewcase"),
            "back": reverse("admin:fraud_reviewcase_changelist"),
        }

    def form_valid(self, form: DecisionForm) -> HttpResponse:
        if not self.request.user.has_perm("fraud.change_reviewcase"):
            return self.handle_no_permission()
        try:
            reviews.decide(
                case_id=self.case.pk,
                actor=f"staff:{self.request.user.pk}",
                now=clock.now(),
                **form.cleaned_data,
            )
        except Refusal as refusal:
            _show(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, _said(form.cleaned_data["decision"], self.case))
        return super().form_valid(form)

    def get_success_url(self) -> str:
        return reverse("admin:fraud_reviewcase_changelist")


def _show(form: DecisionForm, refusal: Refusal) -> None:
    for name, words in refusal.fields.items():
        form.add_error(name if name in form.fields else None, words)
    if not refusal.fields:
        form.add_error(None, refusal.detail)


def _said(decision: str, case: ReviewCase) -> str:
    amount = formats.money(Money(case.amount_minor, case.currency))
    if decision == "approve":
        return f"Approved. {amount} is being taken."
    return f"Declined. {amount} is being released."
