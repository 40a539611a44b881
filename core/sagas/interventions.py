"""The page on which staff say why before they act on one journey."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextareaWidget

from core import clock
from core.errors import Refusal
from core.sagas import services
from core.sagas.models import Direction, SagaRun
from core.sagas.states import State

STOPPED = (State.NEEDS_ATTENTION, State.WAITING, State.RUNNING)


@dataclass(frozen=True)
class Act:
    words: str
    promise: str
    service: Callable[..., SagaRun]
    fits: Callable[[SagaRun], bool]


ACTS = {
    "try-again": Act(
        "Try this step again",
        "The step runs again now, with all its tries. It was made to be run twice.",
        services.retry_step,
        lambda run: run.is_open() or run.state == State.NEEDS_ATTENTION,
    ),
    "undo": Act(
        "Undo from here",
        "These are undone, one after the other:",
        services.undo_from_here,
        lambda run: run.state in STOPPED and run.direction == Direction.DO,
    ),
    "done-by-hand": Act(
        "Mark done by hand",
        "Nothing more is done or undone. Use this when you have finished the rest yourself.",
        services.mark_done_by_hand,
        lambda run: run.state == State.NEEDS_ATTENTION,
    ),
}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why",
        max_length=180,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with the journey and in the audit trail.",
    )


class InterventionView(UnfoldModelAdminViewMixin, FormView):
    permission_required = "sagas.change_sagarun"
    form_class = ReasonForm
    template_name = "sagas/admin/intervene.html"

    @property
    def act(self) -> Act:
        try:
            return ACTS[self.kwargs["act"]]
        except KeyError:
            raise Http404 from None

    @property
    def title(self) -> str:
        return self.act.words

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = get_object_or_404(SagaRun, pk=self.kwargs["run_id"])
        plan = services.undo_plan(run) if self._undoes(run) else []
        return super().get_context_data(
            run=run, act=self.act, plan=plan, back=_page(run.pk), **kwargs
        )

    def form_valid(self, form: ReasonForm) -> HttpResponse:
        try:
            self.act.service(
                run_id=self.kwargs["run_id"],
                actor=f"staff:{self.request.user.pk}",
                reason=form.cleaned_data["reason"],
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return self.form_invalid(form)
        messages.success(self.request, f"{self.act.words}: on its way.")
        return super().form_valid(form)

    def get_success_url(self) -> str:
        return _page(self.kwargs["run_id"])

    def _undoes(self, run: SagaRun) -> bool:
        return self.act is ACTS["undo"] and self.act.fits(run)


def _page(run_id: UUID) -> str:
    return reverse("admin:sagas_sagarun_change", args=[run_id])
