"""What is done to the blacklist: add (shown first what it would have stopped), remove, put back, import."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from core import clock, formats
from core.audit import selectors as audit
from core.backoffice import people
from core.backoffice.readonly import moment
from core.errors import Refusal
from core.idempotency.forms import IdempotentFormMixin
from core.ratelimit.address import client_address
from fraud import list_values, selectors_lists
from fraud.list_values import REASON_LENGTH_MAX
from fraud.models import BlacklistEntry
from fraud.models.blacklist import Effect, ListKind
from fraud.services import list_files, list_previews, lists

MAY_CHANGE = "fraud.change_blacklistentry"
EFFECTS = [
    (Effect.BLOCK, "Stop: the card is never charged"),
    (Effect.REVIEW, "Review: a person decides"),
    (Effect.ALLOW, "Let through, whatever the score says"),
]
DONE = {"added": "Added", "removed": "Removed", "restored": "Put back"}


def effect_of(entry: BlacklistEntry) -> dict[str, str]:
    tone = {"block": "bad", "review": "warn", "allow": "ok"}[entry.effect]
    return {"words": entry.get_effect_display(), "tone": tone}


class AddForm(forms.Form):
    """What is missing or wrong is the service's to say, all of it at once."""

    kind = forms.ChoiceField(label="What", choices=ListKind, widget=UnfoldAdminSelectWidget)
    value = forms.CharField(
        label="Value",
        max_length=260,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="name@example.com, example.com, 81.2.69.142 or 81.2.69.0/24, a phone number, or Stripe’s card"
        " fingerprint. For a card or a device, a payment’s identifier does too.",
    )
    effect = forms.ChoiceField(
        label="Stop or review", choices=EFFECTS, widget=UnfoldAdminRadioSelectWidget
    )
    reason = forms.CharField(
        label="Reason",
        max_length=REASON_LENGTH_MAX,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Colleagues read it, and it is kept for good: no names, addresses or numbers.",
    )
    until = forms.DateField(
        label="Until",
        required=False,
        error_messages={"invalid": "Enter the day, like 2027-02-21."},
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text="The last day it counts. Empty: until somebody removes it.",
    )


class AddEntry(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    """First the value, then what it would have done, then one button that says what it does now."""

    title = "Add to the blacklist"
    permission_required = MAY_CHANGE
    form_class = AddForm
    template_name = "fraud/admin/blacklist/add.html"

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("kind", "")
        day = formats.local_date(lists.default_end(clock.now()))
        kind = asked if asked in ListKind.values else ListKind.EMAIL
        return {"kind": kind, "effect": Effect.BLOCK, "until": day.isoformat()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "back": _list_url(self.request.GET.get("kind", ""))
        }

    def form_valid(self, form: AddForm) -> HttpResponse:
        """The button carries what was shown; if it is something else by now, it is shown again."""
        if "change" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        given = form.cleaned_data
        address = client_address(self.request)
        try:
            lists.check(**_entry(given), now=clock.now(), own_address=address)
            shown = list_previews.preview(
                kind=given["kind"], value=given["value"], now=clock.now(), own_address=address
            )
            if self.request.POST.get("confirmed") != shown.sentence(given["effect"]):
                return self._preview(form, shown)
            entry = lists.add(
                **_entry(given),
                actor=people.actor(self.request),
                now=clock.now(),
                own_address=address,
            )
        except Refusal as refusal:
            return self._refuse(form, refusal)
        messages.success(self.request, f"{entry.get_kind_display()} {entry.shown} is on the list.")
        return HttpResponseRedirect(_list_url(entry.kind))

    def _refuse(self, form: AddForm, refusal: Refusal) -> HttpResponse:
        for name, words in refusal.fields.items():
            form.add_error(name if name in form.fields else None, words)
        if not refusal.fields:
            form.add_error("value", refusal.detail)
        return self.form_invalid(form)

    def _preview(self, form: AddForm, shown: list_previews.Preview) -> HttpResponse:
        given = form.cleaned_data
        context = self.get_context_data(form=form) | {
            "kind_word": ListKind(given["kind"]).label,
            "effect": given["effect"],
            "effect_words": dict(EFFECTS)[given["effect"]],
            "until": formats.plain_date(given["until"]) if given["until"] else "No end",
            "reason": given["reason"],
            "preview": shown,
            "sentence": shown.sentence(given["effect"]),
            "given": [(name, self.request.POST.get(name, "")) for name in form.fields],
        }
        return render(self.request, "fraud/admin/blacklist/preview.html", context)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        max_length=REASON_LENGTH_MAX,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


class EntryPage(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    """One entry, what happened to it, and the one act that it offers: removing, or undoing that."""

    title = "Blacklist entry"
    permission_required = "fraud.view_blacklistentry"
    form_class = ReasonForm
    template_name = "fraud/admin/blacklist/entry.html"

    @cached_property
    def entry(self) -> BlacklistEntry:
        try:
            return selectors_lists.entry(self.kwargs["entry_id"])
        except (selectors_lists.EntryNotFound, ValueError, forms.ValidationError):
            raise Http404 from None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry, request = self.entry, self.request
        history = list(audit.history(lists.subject_of(entry.pk)))
        called = people.names([entry.author, *(each.actor for each in history)], request)
        day = list_values.last_day(entry.until)
        return super().get_context_data(**kwargs) | {
            "entry": entry,
            "effect": effect_of(entry),
            "standing": entry.standing(clock.now()),
            "by": called[entry.author],
            "since": moment(entry.since),
            "until": formats.plain_date(day) if day else "No end",
            "last_hit": moment(entry.last_hit_at),
            "history": [
                {
                    "at": moment(each.at),
                    "words": DONE[each.action.removeprefix("blacklist.")],
                    "by": called[each.actor],
                    "reason": each.reason,
                }
                for each in history
            ],
            "may_change": request.user.has_perm(MAY_CHANGE),
            "back": _list_url(entry.kind),
        }

    def form_valid(self, form: ReasonForm) -> HttpResponse:
        if not self.request.user.has_perm(MAY_CHANGE):
            return self.handle_no_permission()
        act = lists.restore if self.request.POST.get("act") == "restore" else lists.remove
        try:
            act(
                entry_id=self.entry.pk,
                reason=form.cleaned_data["reason"],
                actor=people.actor(self.request),
                now=clock.now(),
            )
        except Refusal as refusal:
            del self.entry
            form.add_error("reason", list_files.words_of(refusal))
            return self.form_invalid(form)
        return HttpResponseRedirect(self.request.path)


class ImportForm(forms.Form):
    file = forms.FileField(
        label="File",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text=f"CSV with the columns {', '.join(list_files.COLUMNS[:5])}. At most {list_files.ROWS_MAX:,} rows.",
    )
    keep_good = forms.BooleanField(
        label="Add the rows that are right even if others are wrong",
        required=False,
        widget=UnfoldBooleanWidget,
    )


class ImportEntries(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    title = "Import into the blacklist"
    permission_required = MAY_CHANGE
    form_class = ImportForm
    template_name = "fraud/admin/blacklist/import.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"back": _list_url("")}

    def form_valid(self, form: ImportForm) -> HttpResponse:
        try:
            done = list_files.import_csv(
                content=form.cleaned_data["file"].read(list_files.BYTES_MAX + 1),
                keep_good=form.cleaned_data["keep_good"],
                actor=people.actor(self.request),
                now=clock.now(),
                own_address=client_address(self.request),
            )
        except Refusal as refusal:
            form.add_error("file", list_files.words_of(refusal))
            return self.form_invalid(form)
        if done.problems:
            return self.render_to_response(self.get_context_data(form=form, done=done))
        messages.success(self.request, f"{formats.counted(done.added, 'entry', 'entries')} added.")
        return HttpResponseRedirect(_list_url(""))


def _entry(given: dict[str, Any]) -> dict[str, Any]:
    """What the form gives, as the service takes it."""
    return {**given, "until": list_values.end_of(given["until"])}


def _list_url(kind: str) -> str:
    address = reverse("admin:fraud_blacklistentry_changelist")
    return f"{address}?kind={kind}" if kind in ListKind.values else address
