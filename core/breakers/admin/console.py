"""Circuit breakers: a card for each dependency, and what staff can do about it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.generic import FormView, TemplateView, View
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from core import clock, formats
from core.backoffice import bands, people
from core.backoffice.readonly import ReadOnlyAdmin
from core.breakers import standing
from core.breakers.admin import interventions
from core.breakers.models import Order, OrderState
from core.errors import Refusal

CONSOLE = "admin:breakers_order_changelist"
LENGTHS = (
    (15, "15 minutes"), (60, "1 hour"), (240, "4 hours"), (1440, "1 day"), (4320, "3 days"),
)  # fmt: skip
ACTS = {
    "pause": (OrderState.FORCED_OPEN, "Pause", "Nothing is asked of it until then."),
    "let-through": (
        OrderState.DISABLED, "Let through",
        "Every call goes out until then, also when all fail: pages may become slow.",
    ),
    "watch": (OrderState.METRICS_ONLY, "Only watch", "Calls are counted, and nothing is paused."),
}  # fmt: skip


@admin.register(Order)
class BreakerAdmin(ReadOnlyAdmin):
    """Every page is one of ours; what was ordered is kept for good."""

    def get_urls(self) -> list[URLPattern]:
        mine = [
            path("<slug:name>/test/", self._page(TestNow), name="breakers_order_test"),
            path("<slug:name>/lift/", self._page(Lift), name="breakers_order_lift"),
            path("<slug:name>/<slug:act>/", self._page(Force), name="breakers_order_force"),
        ]
        return [*mine, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._page(Console)(request)

    def _page(self, page: type[View]) -> Any:
        return self.admin_site.admin_view(page.as_view(model_admin=self))


class Console(UnfoldModelAdminViewMixin, TemplateView):
    title = "Circuit breakers"
    permission_required = "breakers.view_order"
    template_name = "breakers/admin/console.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = clock.now()
        orders = list(Order.objects.order_by("-id")[:20])
        called = people.names((order.actor for order in orders), self.request)
        return super().get_context_data(**kwargs) | {
            "standings": standing.of_all(now=now),
            "may_act": self.request.user.has_perm("breakers.change_order"),
            "orders": [(order, called[order.actor]) for order in orders],
            "acts": [(name, words) for name, (_, words, _) in ACTS.items()],
        }


class ForceForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with the breaker and in the audit trail.",
    )  # fmt: skip
    minutes = forms.TypedChoiceField(
        label="For how long", choices=LENGTHS, coerce=int, initial=60,
        widget=UnfoldAdminSelectWidget(),
        help_text="Then it decides by itself again.",
    )  # fmt: skip


class Force(UnfoldModelAdminViewMixin, FormView):
    permission_required = "breakers.change_order"
    form_class = ForceForm
    template_name = "breakers/admin/force.html"

    @property
    def act(self) -> tuple[OrderState, str, str]:
        try:
            return ACTS[self.kwargs["act"]]
        except KeyError:
            raise Http404 from None

    @property
    def title(self) -> str:
        return self.act[1]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        guard = _found(self.kwargs["name"])
        _, words, promise = self.act
        return super().get_context_data(
            breaker=guard.policy, words=words, promise=promise, back=reverse(CONSOLE), **kwargs
        )

    def form_valid(self, form: ForceForm) -> HttpResponse:
        now = clock.now()
        state, words, _ = self.act
        guard = _found(self.kwargs["name"])
        try:
            order = interventions.force(
                name=guard.name,
                state=state,
                reason=form.cleaned_data["reason"],
                until=now + timedelta(minutes=form.cleaned_data["minutes"]),
                actor=people.actor(self.request),
                now=now,
            )
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return self.form_invalid(form)
        until = _moment(order.until)
        messages.success(self.request, f"{guard.policy.words}: {words.lower()}, until {until}.")
        return redirect(CONSOLE)


class _Post(UnfoldModelAdminViewMixin, View):
    permission_required = "breakers.change_order"
    http_method_names = ["post"]
    title = ""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        messages.success(request, self.do(_found(name).name, people.actor(request)))
        return redirect(CONSOLE)

    def do(self, name: str, actor: str) -> str:
        raise NotImplementedError


class TestNow(_Post):
    title = "Test now"

    def do(self, name: str, actor: str) -> str:
        return interventions.test_now(name=name, actor=actor, now=clock.now())


class Lift(_Post):
    title = "Back to normal"

    def do(self, name: str, actor: str) -> str:
        interventions.lift(name=name, reason="back to normal", actor=actor, now=clock.now())
        return f"{_found(name).policy.words}: decides by itself again."


def forced_bands(request: HttpRequest) -> Iterable[bands.Band]:
    """For everybody on staff: what customers meet is nobody's secret. The link is for who may open it."""
    url = reverse(CONSOLE) if request.user.has_perm("breakers.view_order") else ""
    now = clock.now()
    for guard, seconds in standing.forced():
        seen = guard.snapshot()
        until = _moment(now + timedelta(seconds=seconds))
        word = standing.WORDS[seen.state][0].lower()
        words = (
            f"{guard.policy.words}: {word} until {until}. {seen.order.reason if seen.order else ''}"
        )
        yield bands.Band(words.strip(), url, "Circuit breakers")


def _found(name: str) -> Any:
    try:
        return interventions.find(name)
    except interventions.NoSuchBreaker:
        raise Http404 from None


def _moment(at: datetime) -> str:
    return f"{formats.clock_time(at)} on {formats.short_date(at)}"


bands.add(forced_bands)
