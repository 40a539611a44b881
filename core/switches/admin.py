"""The four switches, what customers meet while one is on, and who switched it, when and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.generic import FormView, TemplateView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from core import clock, formats
from core.backoffice import bands, people
from core.backoffice.readonly import ReadOnlyAdmin
from core.errors import Refusal
from core.switches import memory, services
from core.switches.memory import Name
from core.switches.models import REASON_LENGTH_MAX, SwitchOrder

CONSOLE = "admin:switches_switchorder_changelist"
LENGTHS = (
    (0, "Until somebody switches it off"),
    (15, "15 minutes"), (60, "1 hour"), (240, "4 hours"), (1440, "1 day"), (4320, "3 days"),
)  # fmt: skip
HISTORY = 20


@dataclass(frozen=True)
class Words:
    title: str
    means: str
    band: str


WORDS = {
    Name.SELLING: Words(
        "Stop selling",
        "Nobody can hold new places. Whoever holds some can still pay. Pages and bookings stay open.",
        "Selling is stopped",
    ),
    Name.CARDS: Words(
        "Stop card payments",
        "No new payment begins. Places stay held for their time. What is under way is finished.",
        "Card payments are stopped",
    ),
    Name.REVIEW: Words(
        "Send everything to review",
        "Every payment waits for a person: the card is authorised, nothing is taken before your yes.",
        "Every booking is sent to review",
    ),
    Name.MAINTENANCE: Words(
        "Maintenance page",
        "Customers see “Back in a few minutes” everywhere. The back office and Stripe’s messages work.",
        "Customers see the maintenance page",
    ),
}


@admin.register(SwitchOrder)
class SwitchAdmin(ReadOnlyAdmin):
    """Every page is one of ours; what was switched is kept for good."""

    def get_urls(self) -> list[URLPattern]:
        turn = self.admin_site.admin_view(Turn.as_view(model_admin=self))
        mine = path("<slug:name>/turn/", turn, name="switches_switchorder_turn")
        return [mine, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.admin_site.admin_view(Console.as_view(model_admin=self))(request)


class Console(UnfoldModelAdminViewMixin, TemplateView):
    title = "Switches"
    permission_required = "switches.view_switchorder"
    template_name = "switches/admin/console.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        memory.read()
        orders = list(SwitchOrder.objects.order_by("-id")[:HISTORY])
        in_force = {name: memory.order_of(name) for name in Name}
        actors = [each.actor for each in (*orders, *in_force.values()) if each]
        called = people.names(actors, self.request)
        return super().get_context_data(**kwargs) | {
            "switches": [
                (name.value, WORDS[name], order, called[order.actor] if order else "")
                for name, order in in_force.items()
            ],
            "orders": [(each, WORDS[Name(each.name)], called[each.actor]) for each in orders],
            "may_act": self.request.user.has_perm("switches.change_switchorder"),
        }


class TurnForm(forms.Form):
    reason = forms.CharField(
        label="Why",
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Colleagues see it on every page while it is on. Kept in the audit trail.",
    )
    minutes = forms.TypedChoiceField(
        label="For how long",
        choices=LENGTHS,
        coerce=int,
        initial=60,
        required=False,
        empty_value="",
        widget=UnfoldAdminSelectWidget(),
    )


class Turn(UnfoldModelAdminViewMixin, FormView):
    """On, or off again, as the button said."""

    permission_required = "switches.change_switchorder"
    form_class = TurnForm
    template_name = "switches/admin/turn.html"
    title = "Switches"

    @property
    def name(self) -> Name:
        try:
            return Name(self.kwargs["name"])
        except ValueError:
            raise Http404 from None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        memory.read()
        return super().get_context_data(**kwargs) | {
            "words": WORDS[self.name],
            "order": memory.order_of(self.name),
            "back": reverse(CONSOLE),
        }

    def form_valid(self, form: forms.Form) -> HttpResponse:
        now, minutes = clock.now(), form.cleaned_data["minutes"]
        on = self.request.POST.get("turn") == "on"
        try:
            services.switch(
                name=self.name,
                on=on,
                reason=form.cleaned_data["reason"],
                until=now + timedelta(minutes=minutes) if on and minutes else None,
                actor=people.actor(self.request),
                now=now,
            )
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return self.form_invalid(form)
        said = f"{WORDS[self.name].title}: {'on' if on else 'off'}. It reaches all pages within seconds."
        messages.success(self.request, said)
        return redirect(CONSOLE)


def those_that_are_on(request: HttpRequest) -> Iterable[bands.Band]:
    """For everybody on staff, with the reason."""
    url = reverse(CONSOLE) if request.user.has_perm("switches.view_switchorder") else ""
    for name, words in WORDS.items():
        order = memory.order_of(name)
        if order is not None:
            until = f" until {formats.by_then(order.until, clock.now())}" if order.until else ""
            yield bands.Band(f"{words.band}{until}. {order.reason}", url, "Switches")


bands.add(those_that_are_on)
