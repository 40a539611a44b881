"""The weight sets: what was learned, how good it is, and the owner's two words, Run beside and Adopt."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView, View
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextInputWidget

from core import clock, formats
from core.audit import selectors as audit
from core.backoffice import people
from core.backoffice.readonly import ReadOnlyAdmin, moment
from core.errors import Refusal
from core.idempotency.forms import IdempotentFormMixin
from core.money import Money
from fraud import selectors_weights
from fraud.models import WeightSetRow, WeightState
from fraud.models.assessment import Band
from fraud.services import list_files, weights

MAY_SEE = "fraud.view_weightsetrow"
MAY_CHANGE = "fraud.change_weightsetrow"
SHIPPED = "The shipped points"
REASON_LENGTH_MAX = 200
TONES = {"live": "ok", "shadow": "warn", "proposed": "", "retired": ""}
ACTS = {
    "shadow": ("Run beside", "Its score is kept beside every judgement. It changes nothing."),
    "live": ("Adopt", "Every payment from now on is judged by these points."),
    "retired": ("Take out of use", "It neither judges nor runs beside from now on."),
}
OFFERED = {
    "proposed": ("shadow", "live"),
    "shadow": ("live", "retired"),
    "live": ("retired",),
    "retired": ("shadow", "live"),
}
DONE = {
    "proposed": "Proposed",
    "live": "Adopted",
    "shadow": "Set to run beside",
    "retired": "Taken out of use",
}
MONEY = {
    "saved_minor": "Fraud it would have stopped or sent to a person",
    "lost_minor": "Fraud it would have let through",
    "refused_good_minor": "Good payments it would have stopped",
}
SHARES = {
    "recall": "Share of fraud found",
    "block_precision": "Fraud among what is stopped",
    "review_precision": "Fraud among what a person sees",
    "block_rate": "Stopped",
    "review_rate": "To a person",
    "average_precision": "Average precision",
}


@admin.register(WeightSetRow)
class WeightSetAdmin(ReadOnlyAdmin):
    """Points never change here; who adopts them is asked why, and it is put down."""

    def get_urls(self) -> list[URLPattern]:
        move = path(
            "<uuid:weight_set_id>/move/<str:state>/",
            self._page(MoveWeights),
            name="fraud_weightsetrow_move",
        )
        return [move, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._page(WeightSetList)(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._page(WeightSetPage)(request, weight_set_id=object_id)

    def _page(self, page: type[View]) -> Any:
        return self.admin_site.admin_view(page.as_view(model_admin=self))


class WeightSetList(UnfoldModelAdminViewMixin, TemplateView):
    title = "Weight sets"
    permission_required = MAY_SEE
    template_name = "fraud/admin/weights/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = selectors_weights.weight_sets()
        called = people.names((row.adopted_by for row in rows), self.request)
        return super().get_context_data(**kwargs) | {
            "rows": [
                {
                    "url": page_of(row),
                    "version": row.version,
                    "state": state_of(row),
                    "precision": _share(row.figures.get("learned", {}).get("average_precision")),
                    "before": _share(row.figures.get("shipped", {}).get("average_precision")),
                    "proposed": moment(row.proposed_at),
                    "by": called[row.adopted_by] if row.adopted_by else "Nobody yet",
                    "when": moment(row.adopted_at) if row.adopted_at else "",
                }
                for row in rows
            ],
            "shipped_judge": all(row.state != WeightState.LIVE for row in rows),
            "may_change": self.request.user.has_perm(MAY_CHANGE),
        }


class OneSet(UnfoldModelAdminViewMixin):
    """What the pages of one set share: the row, its figures, who may move it."""

    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def row(self) -> WeightSetRow:
        try:
            return selectors_weights.weight_set(self.kwargs["weight_set_id"])
        except (selectors_weights.WeightSetNotFound, ValueError, forms.ValidationError):
            raise Http404 from None

    def about(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "state": state_of(self.row),
            "figures": figures_of(self.row),
            "left_out": self.row.figures.get("left_out", []),
            "may_change": self.request.user.has_perm(MAY_CHANGE),
        }


class WeightSetPage(OneSet, TemplateView):
    title = "Weight set"
    permission_required = MAY_SEE
    template_name = "fraud/admin/weights/set.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row
        history = list(audit.history(weights.subject_of(row.id)))
        called = people.names([each.actor for each in history], self.request)
        return super().get_context_data(**kwargs) | {
            **self.about(),
            "proposed": moment(row.proposed_at),
            "acts": [(state, ACTS[state][0], move_of(row, state)) for state in OFFERED[row.state]],
            "beside": _beside(row),
            "history": [
                {
                    "at": moment(each.at),
                    "words": DONE[each.action.removeprefix("weights.")],
                    "by": called[each.actor],
                    "reason": each.reason,
                }
                for each in history
            ],
            "back": reverse("admin:fraud_weightsetrow_changelist"),
        }


class MoveForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        max_length=REASON_LENGTH_MAX,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Colleagues read it, and it is kept for good.",
    )


class MoveWeights(IdempotentFormMixin, OneSet, FormView):
    """What it did on history, what it replaces, why, and one button."""

    title = "Weight set"
    permission_required = MAY_CHANGE
    form_class = MoveForm
    template_name = "fraud/admin/weights/move.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        act, words = ACTS.get(self.kwargs["state"], ("", ""))
        if self.kwargs["state"] not in OFFERED[self.row.state]:
            raise Http404
        return super().get_context_data(**kwargs) | {
            **self.about(),
            "act": act,
            "words": words,
            "now": self._stands(),
            "back": page_of(self.row),
        }

    def form_valid(self, form: MoveForm) -> HttpResponse:
        """The button carries what was in force when the page was shown; else it is shown again."""
        state = self.kwargs["state"]
        if state not in OFFERED[self.row.state]:
            messages.error(self.request, "Somebody decided about this set meanwhile.")
            return HttpResponseRedirect(page_of(self.row))
        try:
            if self.request.POST.get("now") != self._stands():
                form.add_error(None, "What is in force changed meanwhile. Look again.")
                return self.form_invalid(form)
            row = weights.move(
                weight_set_id=self.row.id,
                state=state,
                reason=form.cleaned_data["reason"],
                actor=people.actor(self.request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error("reason", list_files.words_of(refusal))
            return self.form_invalid(form)
        messages.success(self.request, f"{row.version}: {row.get_state_display()}.")
        return HttpResponseRedirect(page_of(row))

    def _stands(self) -> str:
        live = selectors_weights.in_state(WeightState.LIVE)
        shadow = selectors_weights.in_state(WeightState.SHADOW)
        judges = live.version if live else SHIPPED
        return f"{judges} judge. {shadow.version if shadow else 'Nothing'} runs beside."


def state_of(row: WeightSetRow) -> dict[str, str]:
    return {"words": row.get_state_display(), "tone": TONES[row.state]}


def page_of(row: WeightSetRow) -> str:
    return reverse("admin:fraud_weightsetrow_change", args=[row.pk])


def move_of(row: WeightSetRow, state: str) -> str:
    return reverse("admin:fraud_weightsetrow_move", args=[row.pk, state])


def figures_of(row: WeightSetRow) -> list[tuple[str, str, str]]:
    """What the backtest said: each figure in words, of these points and of the shipped ones."""
    learned, shipped = row.figures.get("learned"), row.figures.get("shipped")
    if not learned or not shipped:
        return []

    def line(title: str, shown: Callable[[Any], str], name: str) -> tuple[str, str, str]:
        return title, shown(learned[name]), shown(shipped[name])

    return [
        line("Payments", "{:,}".format, "payments"),
        *(line(title, _share, name) for name, title in SHARES.items()),
        *(line(title, _money, name) for name, title in MONEY.items()),
    ]


def _beside(row: WeightSetRow) -> dict[str, Any] | None:
    if row.state != WeightState.SHADOW:
        return None
    judged, changed = selectors_weights.beside(version=row.version, now=clock.now())
    return {
        "judged": judged,
        "changed": [
            (Band(band).label, Band(other).label, number)
            for (band, other), number in changed.most_common()
        ],
    }


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _money(minor: int) -> str:
    return formats.money(Money(minor))
