"""Booking journeys: where each one stands, and what staff can do about one that stands still."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.views import ChangeList

from core import clock, formats
from core.backoffice import bulk, people
from core.backoffice.bulk_admin import result_url
from core.backoffice.readonly import ReadOnlyAdmin
from core.errors import Refusal
from core.sagas import definition as definitions
from core.sagas import journey, services
from core.sagas.interventions import ACTS, InterventionView
from core.sagas.models import SagaRun
from core.sagas.states import FINISHED, State

RETRY = "sagas.retry"
TONES = {
    State.RUNNING.label: "info",
    State.WAITING.label: "warning",
    State.COMPENSATING.label: "warning",
    State.COMPENSATED.label: "warning",
    State.COMPLETED.label: "success",
    State.NEEDS_ATTENTION.label: "danger",
}


class JourneyList(ChangeList):
    """Each row with what follows it; one question for each kind of journey."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        runs = list(self.result_list)
        for name in {run.name for run in runs}:
            mine = [run for run in runs if run.name == name]
            told = definitions.followers_of_many(name, [run.subject_id for run in mine])
            for run in mine:
                run.followers = told[run.subject_id]
        self.result_list = runs


class StandingFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("stuck", "Stuck"), ("undoing", "Undoing"), ("attention", "Needs attention")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SagaRun]) -> QuerySet[SagaRun]:
        match self.value():
            case "stuck":
                overdue = SagaRun.objects.stuck(now=clock.now(), after=stuck_after())
                return queryset.filter(Q(pk__in=overdue) | Q(state=State.NEEDS_ATTENTION))
            case "undoing":
                return queryset.filter(state=State.COMPENSATING)
            case "attention":
                return queryset.filter(state=State.NEEDS_ATTENTION)
        return queryset


@admin.register(SagaRun)
class SagaRunAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "journey", "standing", "steps_shown", "changed_at", "next_move")
    list_filter = (StandingFilter, "name", "state")
    search_fields = ("subject_id__exact", "id__exact")
    search_help_text = "The identifier of a payment, a refund or a journey"
    ordering = ("-started_at", "-id")
    list_before_template = "sagas/admin/_standing.html"
    fields = (
        "journey", "standing", "what_happened", "started_at", "changed_at", "next_move",
        "waiting_for", "finished_at", "outcome", "subject_id", "name", "version",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SagaRun]:
        return super().get_queryset(request).prefetch_related("steps")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return JourneyList

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(InterventionView.as_view(model_admin=self))
        own = [path("<uuid:run_id>/act/<slug:act>/", view, name="sagas_sagarun_intervene")]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**_standing(), **(extra_context or {})})

    def has_act_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sagas.change_sagarun"))

    @admin.display(description="Journey")
    def journey(self, run: SagaRun) -> str:
        found = definitions.find(run.name, run.version)
        return found.words if found else run.name

    @display(description="State", label=TONES)
    def standing(self, run: SagaRun) -> str:
        return run.get_state_display()

    @admin.display(description="Steps")
    def steps_shown(self, run: SagaRun) -> SafeString:
        stages = _stages(run)
        followers = _to_come(run, stages, getattr(run, "followers", ()))
        context = {"stages": stages, "followers": followers}
        return render_to_string("sagas/admin/_steps.html", context)

    @admin.display(description="Next move")
    def next_move(self, run: SagaRun) -> str:
        if not run.is_open():
            return "–"
        if run.due_at == run.deadline_at:
            return f"when told, or by {formats.short_date(run.due_at)}"
        return f"{formats.short_date(run.due_at)}, {formats.clock_time(run.due_at)}"

    @admin.display(description="Steps")
    def what_happened(self, run: SagaRun) -> SafeString:
        followers = definitions.followers_of(run.name, run.subject_id)
        acts = [
            (act.words, reverse("admin:sagas_sagarun_intervene", args=[run.pk, name]))
            for name, act in ACTS.items()
            if act.fits(run)
        ]
        stages = _stages(run)
        context = {
            "run": run,
            "stages": stages,
            "followers": _to_come(run, stages, followers),
            "acts": acts,
            "next_move": self.next_move(run) if run.is_open() else "",
        }
        return render_to_string("sagas/admin/_journey.html", context)

    @admin.action(description="Try this step again", permissions=["act"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[SagaRun]) -> HttpResponse | None:
        """One at once; many in the background, with a page that says how each went."""
        chosen = list(queryset[: bulk.KEYS_MAX + 1])
        if len(chosen) != 1:
            return self._try_many(request, chosen)
        (run,) = chosen
        try:
            services.retry_step(run_id=run.pk, actor=people.actor(request), now=clock.now())
        except Refusal as refusal:
            self.message_user(request, f"{self.journey(run)}: {refusal.detail}", messages.ERROR)
        else:
            self.message_user(request, f"{self.journey(run)}: under way.", messages.SUCCESS)
        return None

    def _try_many(self, request: HttpRequest, chosen: Sequence[SagaRun]) -> HttpResponse | None:
        keys = [str(run.pk) for run in chosen]
        try:
            asked = bulk.start(
                act=RETRY, keys=keys, reason="", actor=people.actor(request), now=clock.now()
            )
        except Refusal as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return None
        return HttpResponseRedirect(result_url(asked))


def stuck_after() -> timedelta:
    return timedelta(minutes=settings.JOURNEY_STUCK_MINUTES)


def retry(*, key: UUID, actor: str, reason: str, now: datetime) -> str:
    services.retry_step(run_id=key, actor=actor, reason=reason, now=now)
    return "Under way."


def _stages(run: SagaRun) -> Sequence[journey.Stage]:
    return journey.stages(run, definitions.find(run.name, run.version), run.steps.all())


def _to_come(
    run: SagaRun, stages: Sequence[journey.Stage], followers: Sequence[definitions.Follower]
) -> Sequence[definitions.Follower]:
    """None behind a journey that ended before its last step: no invoice follows a refused card."""
    came_through = run.state not in FINISHED or stages[-1].standing == "done"
    return followers if came_through else [each for each in followers if each.done]


def _standing() -> dict[str, Any]:
    now = clock.now()
    today = now.astimezone(formats.UK).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "attention": SagaRun.objects.needs_attention().count(),
        "stuck": SagaRun.objects.stuck(now=now, after=stuck_after()).count(),
        "ended_today": SagaRun.objects.filter(state__in=FINISHED, finished_at__gte=today).count(),
    }


bulk.register(
    bulk.Act(
        RETRY,
        "Try the step again",
        retry,
        lambda key: reverse("admin:sagas_sagarun_change", args=[key]),
    )
)
