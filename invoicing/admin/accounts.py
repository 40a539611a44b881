"""Lists for the accountant, by month: VAT, Stripe's fees, what was paid out. Each download is written down."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core import clock, formats, spreadsheets
from core.backoffice import people
from core.spreadsheets import safe_cell
from invoicing.exports import decimal
from invoicing.services import accounts
from payments.services import accounts as money

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])\Z")
MONTHS_MAX = 36
Rows = list[Sequence[object]]


def _vat(since: dt.date, until: dt.date) -> Rows:
    return [
        (each.month, formats.percent(each.vat_rate_bp), each.invoices, each.credit_notes,
         *map(decimal, (each.net_minor, each.vat_minor, each.gross_minor)))
        for each in accounts.vat(since=since, until=until)
    ]  # fmt: skip


def _fees(since: dt.date, until: dt.date) -> Rows:
    rows = money.fees(since=since, until=until)
    return [(each.month, each.movements, decimal(each.amount_minor)) for each in rows]


def _payouts(since: dt.date, until: dt.date) -> Rows:
    return [
        (f"{each.arrives_on:%Y-%m}", each.arrives_on.isoformat(), safe_cell(each.id),
         safe_cell(each.status), decimal(each.amount_minor))
        for each in money.payouts(since=since, until=until)
    ]  # fmt: skip


LISTS: dict[str, tuple[str, tuple[str, ...], Callable[[dt.date, dt.date], Rows]]] = {
    "vat": (
        "VAT summary, by tax point",
        ("Month", "VAT rate", "Invoices", "Credit notes", "Net", "VAT", "Total"),
        _vat,
    ),
    "fees": ("Stripe’s fees", ("Month", "Movements", "Fees"), _fees),
    "payouts": (
        "Paid out to our bank",
        ("Month", "Arrives", "Stripe payout", "State", "Amount"),
        _payouts,
    ),
}


class AccountsForm(forms.Form):
    which = forms.ChoiceField(
        label="List",
        choices=[(name, title) for name, (title, _, _) in LISTS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    first = forms.CharField(label="First month", max_length=20, widget=UnfoldAdminTextInputWidget)
    last = forms.CharField(label="Last month", max_length=20, widget=UnfoldAdminTextInputWidget)

    def clean_first(self) -> dt.date:
        return _first_of(self.cleaned_data["first"])

    def clean_last(self) -> dt.date:
        return _first_of(self.cleaned_data["last"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last:
            months = (last.year - first.year) * 12 + last.month - first.month + 1
            if not 1 <= months <= MONTHS_MAX:
                words = f"Choose a month from the first one on, and at most {MONTHS_MAX} months."
                self.add_error("last", words)
        return cleaned


class Accounts(UnfoldModelAdminViewMixin, FormView):
    title = "For the accountant"
    permission_required = "invoicing.export_accounts"
    form_class = AccountsForm
    template_name = "invoicing/admin/accounts.html"

    def get_initial(self) -> dict[str, Any]:
        """The month that has just ended."""
        last = formats.local_date(clock.now()).replace(day=1) - dt.timedelta(days=1)
        return {"which": "vat", "first": f"{last:%Y-%m}", "last": f"{last:%Y-%m}"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("admin:invoicing_document_changelist")
        return super().get_context_data(**kwargs) | {"back": back}

    def form_valid(self, form: AccountsForm) -> HttpResponse:
        which, first, last = (form.cleaned_data[name] for name in ("which", "first", "last"))
        until = (last + dt.timedelta(days=31)).replace(day=1)
        _, headings, rows = LISTS[which]
        content = spreadsheets.written(headings, rows(first, until))
        accounts.record_export(
            which=which, since=first, until=until, actor=people.actor(self.request), now=clock.now()
        )
        name = f"{which}-{first:%Y-%m}-{last:%Y-%m}.csv"
        return HttpResponse(
            content,
            content_type=spreadsheets.MIME,
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "private, no-store",
            },
        )


def _first_of(month: str) -> dt.date:
    found = MONTH.match(month.strip())
    if found is None:
        raise forms.ValidationError("Enter a month like 2026-11.")
    return dt.date(int(found[1]), int(found[2]), 1)
