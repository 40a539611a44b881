"""The refund console: the right amount once. It writes the decision; a worker sends it after the commit."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core import clock, formats
from core.errors import Refusal
from core.idempotency.forms import IdempotentFormMixin
from core.money import Money
from courses import selectors as courses
from payments import emails, selectors
from payments.models import STAFF_REASONS, Payment, RefundReason
from payments.services import refund_quotes, refunds
from payments.services.refund_quotes import RefundQuote
from payments.services.refusals import RefundChanged

FOR_FRAUD = "fraud"
REASONS = [(each.value, each.label) for each in STAFF_REASONS]


class RefundForm(forms.Form):
    """Policy amount, all of it, or another amount, never above what is left."""

    choice = forms.ChoiceField(label="How much", widget=UnfoldAdminRadioSelectWidget)
    other = forms.DecimalField(
        label="Other amount in pounds",
        max_digits=9,
        decimal_places=2,
        min_value=0,
        required=False,
        localize=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason = forms.ChoiceField(label="Why", choices=REASONS, widget=UnfoldAdminSelectWidget)
    note = forms.CharField(
        label="Note",
        max_length=2000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    cancel = forms.MultipleChoiceField(
        label="Cancel these places",
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Untick all to give money back and keep the booking as it is.",
    )

    def __init__(self, *args: Any, quote: RefundQuote, people: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.quote = quote
        choice, cancel = self.fields["choice"], self.fields["cancel"]
        assert isinstance(choice, forms.ChoiceField) and isinstance(cancel, forms.ChoiceField)
        policy_amount = formats.money(quote.policy_amount)
        choice.choices = [
            ("policy", f"What the policy gives back for the places ticked: {policy_amount}"),
            ("full", f"All that is left: {formats.money(quote.refundable)}"),
            ("other", "Another amount"),
        ]
        cancel.choices = [
            (str(each.pk), each.name or f"Place {each.position}, name to come") for each in people
        ]
        self.initial.setdefault("choice", "policy")
        self.initial.setdefault("cancel", [str(each.pk) for each in people])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        choice, reason = cleaned.get("choice"), cleaned.get("reason")
        amount = self._amount(choice, cleaned.get("other"))
        if choice and amount is None:
            self.add_error("other", "Enter the amount, like 48.00.")
        elif amount is not None and not 0 < amount.minor <= self.quote.refundable.minor:
            field = "other" if choice == "other" else "choice"
            most = formats.money(self.quote.refundable)
            self.add_error(field, f"Between £0.01 and {most} can be given back.")
        if choice in ("full", "other") and reason == RefundReason.POLICY:
            self.add_error("reason", "Say why it isn't the policy amount.")
        cleaned["amount"] = amount
        return cleaned

    def _amount(self, choice: str | None, other: Any) -> Money | None:
        if choice == "policy":
            return self.quote.policy_amount
        if choice == "full":
            return self.quote.refundable
        return None if other is None else Money(int(other * 100))


class RefundConsole(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    """First the choice, then what it does, then one button that names the amount."""

    title = "Give money back"
    permission_required = "payments.add_refund"
    form_class = RefundForm
    template_name = "admin/payments/refund.html"

    @cached_property
    def payment(self) -> Any:
        return selectors.payment(self.kwargs["payment_id"])

    @cached_property
    def payments(self) -> list[Payment]:
        """It, and the others that paid for the booking: what goes back comes from the newest first."""
        return refund_quotes.together_with(self.payment)

    @cached_property
    def booking(self) -> Any:
        return courses.booking(self.payment.booking_id)

    @cached_property
    def quote(self) -> RefundQuote:
        """For the places that are ticked; at first all are."""
        leaving = self.request.POST.getlist("cancel") if self.request.method == "POST" else None
        return refund_quotes.quote(
            payments=self.payments, booking=self.booking, leaving=leaving, now=clock.now()
        )

    def get_initial(self) -> dict[str, Any]:
        """A bank's fraud warning proposes all of it; whoever opened the page decides."""
        proposed = {"choice": "full", "reason": RefundReason.FRAUD}
        return proposed if self.request.GET.get("proposal") == FOR_FRAUD else {}

    def get_form_kwargs(self) -> dict[str, Any]:
        people = [each for each in self.booking.attendees.all() if each.is_active]
        return {**super().get_form_kwargs(), "quote": self.quote, "people": people}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {
            "payment": self.payment,
            "booking": self.booking,
            "quote": self.quote,
            "card": emails.card_words(self.payment),
            "refunds": selectors.refunds_of(self.booking.pk),
            "disputed": selectors.any_in_dispute(self.payments),
            "back": self._payment_page(),
        }

    def form_valid(self, form: RefundForm) -> HttpResponse:
        """The button carries the amount that was shown; if it is another one by now, it is shown again."""
        amount = form.cleaned_data["amount"]
        vat_shown = self.request.POST.get("vat", "")
        if self.request.POST.get("confirmed") != str(amount.minor) or not vat_shown.isdecimal():
            return self._preview(form)
        try:
            decided = refunds.request_of_all(
                payments=self.payments,
                amount_minor=amount.minor,
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data["note"],
                cancel_places=bool(form.cleaned_data["cancel"]),
                attendee_ids=form.cleaned_data["cancel"] or None,
                actor=f"staff:{self.request.user.pk}",
                now=clock.now(),
                shown_vat_minor=int(vat_shown),
            )
        except RefundChanged:
            return self._preview(form)
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return self.form_invalid(form)
        if decided[0].needs_approval:
            messages.info(self.request, f"{formats.money(amount)} waits for a second person.")
        else:
            messages.success(self.request, f"{formats.money(amount)} is on its way back.")
        return super().form_valid(form)

    def get_success_url(self) -> str:
        return self._payment_page()

    def _preview(self, form: RefundForm) -> HttpResponse:
        amount = form.cleaned_data["amount"]
        preview = refund_quotes.preview(payments=self.payments, amount=amount)
        context = self.get_context_data(form=form) | {
            "amount": amount,
            "parts": [
                (emails.card_words(payment), part)
                for payment, part in refund_quotes.spread(self.payments, amount)
            ],
            "preview": preview,
            "second_person": refunds.why_second_person(
                payments=self.payments,
                amount=amount,
                leaving=form.cleaned_data["cancel"] or None,
                actor=f"staff:{self.request.user.pk}",
                now=clock.now(),
            ),
            "leaving": len(form.cleaned_data["cancel"]),
            "given": [
                (name, value)
                for name, values in self.request.POST.lists()
                if name in form.fields
                for value in values
            ],
        }
        return render(self.request, "admin/payments/refund_preview.html", context)

    def _payment_page(self) -> str:
        return reverse("admin:payments_payment_change", args=[self.payment.pk])
