"""The outbox: what waits, what is being sent, what gave up and why; and trying again."""

import re
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from core import clock, formats
from core.backoffice import errors_in_words
from core.backoffice.readonly import ReadOnlyAdmin, moment
from core.outbox.admin.replays import ReplayView
from core.outbox.models import Delivery, State

TONES = {
    State.WAITING.label: "warning",
    State.SENDING.label: "info",
    State.DONE.label: "success",
    State.GAVE_UP.label: "danger",
}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("published", "event", "handler", "standing", "age", "attempts", "due_at", "why")
    list_filter = ("state", "handler")
    search_fields = ("message__name__startswith", "id__exact", "message__id__exact")
    search_help_text = "The beginning of an event's name, or an identifier"
    ordering = ("-id",)
    list_select_related = ("message",)
    list_before_template = "outbox/admin/_standing.html"
    fields = (
        "event", "handler", "standing", "reason", "attempts", "due_at", "done_at", "error", "published",
        "payload",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("try_again",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(ReplayView.as_view(model_admin=self))
        return [path("try-again/", view, name="outbox_delivery_replay"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        standing = {
            "gave_up": Delivery.objects.gave_up().count(),
            "open": Delivery.objects.open().count(),
            "kinds": _by_kind(clock.now()),
        }
        return super().changelist_view(request, {**standing, **(extra_context or {})})

    def has_act_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("outbox.change_delivery"))

    @admin.display(description="Published", ordering="message__published_at")
    def published(self, delivery: Delivery) -> str:
        return moment(delivery.message.published_at)

    @admin.display(description="Event", ordering="message__name")
    def event(self, delivery: Delivery) -> str:
        return spoken(delivery.message.name)

    @display(description="State", label=TONES)
    def standing(self, delivery: Delivery) -> str:
        return delivery.get_state_display()

    @admin.display(description="Why")
    def why(self, delivery: Delivery) -> str:
        return errors_in_words.of(delivery.error)

    @admin.display(description="Age")
    def age(self, delivery: Delivery) -> str:
        """Of what is not done: how long ago it was published."""
        if delivery.state == State.DONE:
            return "–"
        return formats.length(clock.now() - delivery.message.published_at)

    @admin.display(description="Set aside because")
    def reason(self, delivery: Delivery) -> str:
        return errors_in_words.of(delivery.error) or "–"

    @admin.display(description="What it says")
    def payload(self, delivery: Delivery) -> SafeString:
        facts = delivery.message.payload.items()
        return render_to_string("outbox/admin/_payload.html", {"facts": facts})

    @admin.action(description="Try again", permissions=["act"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        chosen = ",".join(str(key) for key in queryset.values_list("pk", flat=True)[:100])
        return HttpResponseRedirect(f"{reverse('admin:outbox_delivery_replay')}?ids={chosen}")


def spoken(event: str) -> str:
    """payments.payment_succeeded is "Payment succeeded"."""
    last = event.rpartition(".")[2]
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", last).capitalize()


def _by_kind(now: datetime) -> list[dict[str, Any]]:
    """What is not done, by event: how many in each state, and how old the oldest is."""
    unfinished = Delivery.objects.exclude(state=State.DONE).values("message__name")
    counts = {
        str(state): Count("id", filter=Q(state=state))
        for state in (State.WAITING, State.SENDING, State.GAVE_UP)
    }
    rows = unfinished.annotate(oldest=Min("message__published_at"), **counts).order_by("oldest")
    return [
        {
            **row,
            "words": spoken(row["message__name"]),
            "age": formats.length(now - row["oldest"]),
        }
        for row in rows[:50]
    ]
