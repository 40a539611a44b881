"""A refund that waits for a second person: the same preview, who asked and why, and one decision."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextareaWidget

from core import clock, formats
from core.backoffice import people
from core.crypto.fields import readable
from core.errors import Refusal
from core.idempotency.forms import IdempotentFormMixin
from courses import selectors as courses
from payments import emails, selectors
from payments.models import Refund, RefundStatus
from payments.services import refund_approvals, refund_quotes

APPROVE, SEND_BACK, ASK_AGAIN, WITHDRAW = "approve", "send_back", "ask_again", "withdraw"


class NoteForm(forms.Form):
    note = forms.CharField(
        label="Note", max_length=refund_approvals.NOTE_LENGTH_MAX, required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Needed for everything but approving. Kept with the refund.",
    )  # fmt: skip


class RefundApproval(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    """The one who asked sees what waits; somebody with the approver's right decides. Never both in one person."""

    title = "Refund to approve"
    permission_required = "payments.view_refund"
    form_class = NoteForm
    template_name = "admin/payments/refund_approval.html"

    @cached_property
    def refund(self) -> Refund:
        return selectors.refund(self.kwargs["refund_id"])

    @property
    def actor(self) -> str:
        return people.actor(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        refund = self.refund
        booking = courses.booking(refund.payment.booking_id)
        lines = refund.credit_lines or []
        return super().get_context_data(**kwargs) | {
            "refund": refund,
            "payment": refund.payment,
            "booking": booking,
            "quote": refund_quotes.quote(
                payments=refund_quotes.together_with(refund.payment),
                booking=booking,
                now=clock.now(),
            ),
            "preview": refund_quotes.preview_of(lines, refund.amount),
            "card": emails.card_words(refund.payment),
            "asked_by": people.names([refund.requested_by], self.request)[refund.requested_by],
            "note": readable(refund, "note"),
            "leaving": len(refund.leaving or []),
            "questions": self._questions(),
            "acts": self._acts(),
            "back": self.get_success_url(),
        }

    def form_valid(self, form: forms.Form) -> HttpResponse:
        act = self.request.POST.get("act", "")
        if act not in dict(self._acts()):
            form.add_error(
                None, "You can’t decide this: it needs an approver who did not ask for it."
            )
            return self.form_invalid(form)
        try:
            self._do(act, form.cleaned_data["note"])
        except Refusal as refusal:
            for words in refusal.fields.values() or [[str(refusal.detail)]]:
                form.add_error("note" if refusal.fields else None, " ".join(words))
            return self.form_invalid(form)
        messages.success(self.request, self._done(act))
        return HttpResponseRedirect(self.get_success_url())

    def get_success_url(self) -> str:
        return reverse("admin:payments_refund_change", args=[self.refund.pk])

    def _do(self, act: str, note: str) -> None:
        given: dict[str, Any] = {
            "refund_id": self.refund.pk, "actor": self.actor, "now": clock.now(),
        }  # fmt: skip
        if act == APPROVE:
            refund_approvals.approve(**given)
        elif act == SEND_BACK:
            refund_approvals.send_back(note=note, **given)
        elif act == ASK_AGAIN:
            refund_approvals.ask_again(note=note, **given)
        else:
            refund_approvals.withdraw(note=note, **given)

    def _acts(self) -> list[tuple[str, str]]:
        """What this person may do with it as it stands."""
        refund, mine = self.refund, self.refund.requested_by == self.actor
        if not refund.needs_approval:
            return []
        if refund.status == RefundStatus.REQUESTED and mine:
            return [(WITHDRAW, "Withdraw it")]
        if refund.status == RefundStatus.SENT_BACK and mine:
            return [(ASK_AGAIN, "Ask again")]
        if refund.status == RefundStatus.REQUESTED and self.request.user.has_perm(
            "payments.approve_refund"
        ):
            amount = formats.money(refund.amount)
            return [
                (APPROVE, f"Approve and refund {amount}"),
                (SEND_BACK, "Send back with a question"),
            ]
        return []

    def _questions(self) -> list[tuple[str, str]]:
        """What was asked and answered about it, oldest first, with who."""
        steps = [
            step
            for step in self.refund.transitions.order_by("at", "id")
            if step.action in (SEND_BACK, ASK_AGAIN)
        ]
        names = people.names([step.actor for step in steps], self.request)
        return [(names[step.actor], step.cause) for step in steps]

    def _done(self, act: str) -> str:
        amount = formats.money(self.refund.amount)
        return {
            APPROVE: f"{amount} is on its way back.",
            SEND_BACK: "It went back with your question.",
            ASK_AGAIN: "It waits for approval again.",
            WITHDRAW: f"{amount} is not given back.",
        }[act]
