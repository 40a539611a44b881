"""Staff correct whom an invoice is made out to: first the details, then the papers it makes, then one button."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from core import clock
from core.backoffice import people
from core.errors import Refusal
from core.idempotency.forms import IdempotentFormMixin
from invoicing import selectors
from invoicing.forms import BuyerForm
from invoicing.models import Document
from invoicing.services import correcting


class CorrectionForm(BuyerForm):
    reason = forms.CharField(
        label="Why",
        max_length=correcting.REASON_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Kept in the audit trail.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in asdict(correcting.Buyer(name="")):
            long = name == "address"
            widget = UnfoldAdminTextareaWidget if long else UnfoldAdminTextInputWidget
            self.fields[name].widget = widget(attrs={"rows": 3} if long else {})


class CorrectionConsole(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    title = "Correct an invoice"
    permission_required = "invoicing.change_document"
    form_class = CorrectionForm
    template_name = "invoicing/admin/correct.html"

    @cached_property
    def document(self) -> Document:
        return selectors.document(self.kwargs["document_id"])

    def get_initial(self) -> dict[str, Any]:
        return asdict(correcting.buyer_of(self.document))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "document": self.document,
            "may_correct": correcting.may_correct(self.document),
            "notes": list(self.document.credit_notes.order_by("number")),
            "back": reverse("admin:invoicing_document_change", args=[self.document.pk]),
        }

    def form_valid(self, form: CorrectionForm) -> HttpResponse:
        if "confirmed" not in self.request.POST:
            context = self.get_context_data(form=form) | {
                "given": [(name, form.cleaned_data[name]) for name in form.fields],
                "email": self.document.private["email"],
            }
            return render(self.request, "invoicing/admin/correct_preview.html", context)
        try:
            new = correcting.correct(
                document_id=self.document.pk,
                buyer=form.buyer(),
                reason=form.cleaned_data["reason"],
                actor=people.actor(self.request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
            return self.form_invalid(form)
        messages.success(self.request, f"{new.label} takes the place of {self.document.label}.")
        return HttpResponseRedirect(reverse("admin:invoicing_document_change", args=[new.pk]))
