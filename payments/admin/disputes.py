"""Disputes: what the bank says, what our records say, and one answer that is sent once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
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
from unfold.widgets import UnfoldAdminTextareaWidget

from core import clock, formats
from core.backoffice import people
from core.backoffice.readonly import ReadOnlyAdmin, moment
from core.crypto.fields import readable
from core.errors import Refusal
from core.idempotency.forms import IdempotentFormMixin
from payments.models import AnswerStatus, Dispute, DisputeAnswer, DisputeStatus
from payments.models.states import DISPUTE_UNANSWERED
from payments.services import dispute_answers, dispute_evidence

TONES = {
    "Needs an answer": "danger",
    "Inquiry: needs an answer": "danger",
    "With the bank": "warning",
    "Inquiry: with the bank": "warning",
    "Won": "success",
    "Lost": "danger",
}
LABELS = {
    "customer_name": "Customer",
    "customer_email_address": "Customer’s email",
    "billing_address": "Billing address",
    "customer_purchase_ip": "Address of the connection that paid",
    "product_description": "What was sold",
    "service_date": "When the course was",
    "cancellation_policy_disclosure": "Cancellation terms, and how they were shown",
    "access_activity_log": "What happened, line by line",
    "uncategorized_text": "What speaks for us",
}
LONG = (
    "product_description",
    "cancellation_policy_disclosure",
    "access_activity_log",
    "uncategorized_text",
)


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = (
        "due", "booking_link", "amount_shown", "reason_shown", "standing", "answered", "opened_at",
    )  # fmt: skip
    list_filter = ("status",)
    search_fields = ("payment__booking__reference__exact", "gateway_id__exact")
    search_help_text = "A booking such as RFT-7KQ9TC, or a Stripe id"
    list_select_related = ("payment__booking",)
    fields = (
        "booking_link", "amount_shown", "standing", "reason_shown", "due", "answered", "opened_at",
        "gateway_id", "timeline",
    )  # fmt: skip
    actions_detail = ("answer",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        """What the bank waits for comes first, by its day; then the newest."""
        waits = When(status__in=DISPUTE_UNANSWERED, then=Value(0))
        rows = super().get_queryset(request).prefetch_related("answers")
        rows = rows.annotate(place=Case(waits, default=Value(1), output_field=IntegerField()))
        due = Case(When(place=0, then=F("evidence_due_at")))
        return rows.order_by("place", due.asc(nulls_last=True), "-opened_at", "-id")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ()

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(DisputeConsole.as_view(model_admin=self))
        mine = path("<uuid:dispute_id>/answer/", page, name="payments_dispute_console")
        return [mine, *super().get_urls()]

    @display(description="Booking", ordering="payment__booking__reference")
    def booking_link(self, dispute: Dispute) -> SafeString:
        address = reverse("admin:payments_payment_change", args=[dispute.payment_id])
        return format_html('<a href="{}">{}</a>', address, dispute.payment.booking.reference)

    @display(description="Amount", ordering="amount_minor")
    def amount_shown(self, dispute: Dispute) -> str:
        return formats.money(dispute.amount)

    @display(description="State", label=TONES)
    def standing(self, dispute: Dispute) -> str:
        return dispute.get_status_display()

    @display(description="What the bank says")
    def reason_shown(self, dispute: Dispute) -> str:
        return dispute.reason_in_words

    @display(description="Answer by", ordering="evidence_due_at")
    def due(self, dispute: Dispute) -> str:
        if not dispute.needs_answer:
            return "No answer needed"
        return moment(dispute.evidence_due_at) if dispute.evidence_due_at else "No day given"

    @display(description="Our answer")
    def answered(self, dispute: Dispute) -> str:
        given = sorted(dispute.answers.all(), key=lambda each: each.created_at)
        return str(given[-1]) if given else "None"

    @display(description="What happened")
    def timeline(self, dispute: Dispute) -> SafeString:
        return render_to_string("admin/payments/_timeline.html", {"rows": happenings(dispute)})

    @action(description="Answer the bank", url_path="reply", permissions=["answer"])
    def answer(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:payments_dispute_console", args=[object_id]))

    def has_answer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("payments.change_dispute"))


def happenings(dispute: Dispute) -> list[dict[str, Any]]:
    """The bank's moves and ours, oldest first."""
    rows = [
        _row(step.at, DisputeStatus(step.to_status).label, "The bank", step.trace_id)
        for step in dispute.transitions.all()
    ]
    for answer in dispute.answers.prefetch_related("transitions"):
        rows += [
            _row(
                step.at,
                f"{answer.get_kind_display()}: {AnswerStatus(step.to_status).label.lower()}",
                f"{step.cause} ({step.actor})",
                step.trace_id,
            )
            for step in answer.transitions.all()
        ]
    return sorted(rows, key=lambda row: row["at"])


def _row(at: datetime, words: str, detail: str, trace_id: str) -> dict[str, Any]:
    return {"at": at, "words": words, "detail": detail, "trace_id": trace_id}


class EvidenceForm(forms.Form):
    """One box for each that the bank's form has, filled from our records. An empty one is left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in dispute_answers.FIELDS:
            rows = 6 if name in LONG else 1
            self.fields[name] = forms.CharField(
                label=LABELS[name],
                required=False,
                max_length=dispute_answers.FIELD_LENGTH_MAX,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": rows}),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            self.add_error(None, "Say something to the bank: every box is empty.")
        return cleaned


class AcceptForm(forms.Form):
    note = forms.CharField(
        label="Why the loss is accepted",
        max_length=dispute_answers.NOTE_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with the dispute. The bank is not told.",
    )


class DisputeConsole(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    """First the words, then all of them as the bank will read them, then one button that can't be taken back."""

    title = "Answer a dispute"
    permission_required = "payments.change_dispute"
    template_name = "admin/payments/dispute.html"

    @cached_property
    def dispute(self) -> Dispute:
        rows = Dispute.objects.select_related("payment__booking")
        return get_object_or_404(rows, pk=self.kwargs["dispute_id"])

    @cached_property
    def gathered(self) -> dispute_evidence.Gathered:
        return dispute_evidence.gather(self.dispute, now=clock.now())

    @property
    def accepts(self) -> bool:
        return self.request.POST.get("kind") == "accept"

    def get_form_class(self) -> type[forms.Form]:
        return AcceptForm if self.accepts else EvidenceForm

    def get_initial(self) -> dict[str, Any]:
        return dict(self.gathered.words)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form, answer = context["form"], dispute_answers.standing(self.dispute)
        return context | {
            "dispute": self.dispute,
            "booking": self.dispute.payment.booking,
            "facts": self.gathered.facts,
            "answer": answer,
            "said": _said(answer) if answer else [],
            "may_answer": answer is None and self.dispute.needs_answer,
            "evidence_form": form
            if isinstance(form, EvidenceForm)
            else EvidenceForm(initial=self.get_initial()),
            "accept_form": form if isinstance(form, AcceptForm) else AcceptForm(),
            "others": self.dispute.payment.disputes.exclude(pk=self.dispute.pk).order_by(
                "opened_at"
            ),
            "back": self.get_success_url(),
        }

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if "confirmed" not in self.request.POST:
            return self._preview(form)
        try:
            self._answer(form)
        except Refusal as refusal:
            for words in refusal.fields.values() or [[str(refusal.detail)]]:
                form.add_error(None, " ".join(words))
            return self.form_invalid(form)
        done = "The loss is accepted." if self.accepts else "Your answer is on its way to the bank."
        messages.success(self.request, done)
        return super().form_valid(form)

    def get_success_url(self) -> str:
        return reverse("admin:payments_dispute_change", args=[self.dispute.pk])

    def _answer(self, form: forms.Form) -> None:
        given: dict[str, Any] = {
            "dispute_id": self.dispute.pk, "actor": people.actor(self.request), "now": clock.now(),
        }  # fmt: skip
        if self.accepts:
            dispute_answers.accept(note=form.cleaned_data["note"], **given)
        else:
            dispute_answers.send_evidence(evidence=form.cleaned_data, **given)

    def _preview(self, form: forms.Form) -> HttpResponse:
        words = [(name, form.cleaned_data[name]) for name in form.fields]
        context = self.get_context_data(form=form) | {
            "accepts": self.accepts,
            "given": words,
            "shown": [(LABELS[name], said) for name, said in words if name in LABELS and said],
        }
        return render(self.request, "admin/payments/dispute_preview.html", context)


def _said(answer: DisputeAnswer) -> list[tuple[str, str]]:
    """A damaged row says nothing, and the page stands."""
    evidence: Any = readable(answer, "evidence")
    if not isinstance(evidence, dict):
        return []
    return [(LABELS[name], words) for name, words in evidence.items()]
