"""The webhook inbox: what Stripe told us in words, what became of it and how soon, and processing it again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import display

from core import clock, formats
from core.backoffice import badges, bulk, errors_in_words, people
from core.backoffice.bulk_admin import result_url
from core.backoffice.readonly import ReadOnlyAdmin
from core.errors import Refusal
from payments.models import WebhookEvent, WebhookState
from payments.services import webhooks

TONES = {
    WebhookState.RECEIVED.label: "warning",
    WebhookState.DONE.label: "success",
    WebhookState.IGNORED.label: "info",
    WebhookState.DEAD.label: "danger",
}
AGAIN = "payments.webhook"
WORDS = {
    "payment_intent.amount_capturable_updated": "Payment authorised",
    "payment_intent.succeeded": "Payment taken",
    "payment_intent.payment_failed": "Payment refused",
    "payment_intent.canceled": "Payment let go",
    "payment_intent.processing": "Payment under way",
    "payment_intent.requires_action": "Payment needs the bank’s check",
    "payment_intent.created": "Payment begun",
    "charge.succeeded": "Charge made",
    "charge.captured": "Charge taken",
    "charge.failed": "Charge refused",
    "charge.expired": "Authorisation ran out",
    "charge.updated": "Charge changed",
    "charge.refunded": "Charge given back",
    "charge.refund.updated": "Refund changed",
    "refund.created": "Refund begun",
    "refund.updated": "Refund changed",
    "refund.failed": "Refund failed",
    "charge.dispute.created": "Dispute opened",
    "charge.dispute.updated": "Dispute changed",
    "charge.dispute.closed": "Dispute closed",
    "charge.dispute.funds_withdrawn": "Disputed money withdrawn",
    "charge.dispute.funds_reinstated": "Disputed money back",
    "radar.early_fraud_warning.created": "Fraud warning",
    "radar.early_fraud_warning.updated": "Fraud warning changed",
}


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """Bodies are not kept, as they name people; what is kept of them are ids, and all of it is shown."""

    list_display = (
        "received_at", "kind", "standing", "attempts", "delay", "why", "repeats", "object_id",
    )  # fmt: skip
    list_filter = ("state", "type")
    search_fields = ("event_id__exact", "object_id__exact", "payment_intent__exact")
    search_help_text = "A Stripe id: evt_…, pi_…, re_…"
    ordering = ("-received_at",)
    actions = ("process_again",)
    list_before_template = "payments/admin/_inbox.html"
    fields = (
        "kind", "type", "event_id", "standing", "attempts", "delay", "why", "error", "repeats", "happened_at",
        "received_at", "processed_at", "next_attempt_at", "object_type", "object_id",
        "payment_intent", "charge", "operation_id", "account", "livemode", "api_version",
    )  # fmt: skip

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**_standing(), **(extra_context or {})})

    @admin.display(description="What", ordering="type")
    def kind(self, event: WebhookEvent) -> str:
        return in_words(event.type)

    @display(description="State", label=TONES)
    def standing(self, event: WebhookEvent) -> str:
        return event.get_state_display()

    @admin.display(description="Delay")
    def delay(self, event: WebhookEvent) -> str:
        """From Stripe's telling to its end; of what still waits, until now."""
        if event.state == WebhookState.IGNORED:
            return "–"
        return formats.length((event.processed_at or clock.now()) - event.received_at)

    @admin.display(description="Why")
    def why(self, event: WebhookEvent) -> str:
        return errors_in_words.of(event.error) or "–"

    @admin.display(description="Told again", ordering="seen_again")
    def repeats(self, event: WebhookEvent) -> str:
        if not event.seen_again:
            return "–"
        times = formats.counted(event.seen_again, "time")
        return f"Seen before, ignored ({times})"

    @admin.action(description="Process again", permissions=["act"])
    def process_again(
        self, request: HttpRequest, queryset: QuerySet[WebhookEvent]
    ) -> HttpResponse | None:
        """A worker takes it up in the next seconds; twice does it once. Many: with a page that says how each went."""
        keys = list(queryset.values_list("pk", flat=True)[: bulk.KEYS_MAX + 1])
        actor = people.actor(request)
        if len(keys) == 1:
            webhooks.revive(event_pk=keys[0], actor=actor, now=clock.now())
            messages.success(request, "It will be processed again in a moment.")
            return None
        try:
            asked = bulk.start(
                act=AGAIN, keys=[str(key) for key in keys], reason="", actor=actor, now=clock.now()
            )
        except Refusal as refusal:
            messages.error(request, refusal.detail)
            return None
        return HttpResponseRedirect(result_url(asked))

    def has_act_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("payments.change_webhookevent"))


def in_words(kind: str) -> str:
    """Stripe's name itself where we have no words for it."""
    return WORDS.get(kind, kind)


def again(*, key: UUID, actor: str, reason: str, now: datetime) -> str:
    webhooks.revive(event_pk=key, actor=actor, now=now)
    return "It is processed again in a moment."


def _standing() -> dict[str, Any]:
    now = clock.now()
    today = now.astimezone(formats.UK).replace(hour=0, minute=0, second=0, microsecond=0)
    found = WebhookEvent.objects.filter(
        Q(state__in=(WebhookState.RECEIVED, WebhookState.DEAD)) | Q(received_at__gte=today)
    ).aggregate(
        dead=Count("id", filter=Q(state=WebhookState.DEAD)),
        waiting=Count("id", filter=Q(state=WebhookState.RECEIVED)),
        oldest=Min("received_at", filter=Q(state=WebhookState.RECEIVED)),
        done_today=Count("id", filter=Q(state=WebhookState.DONE, received_at__gte=today)),
    )
    age = formats.length(now - found["oldest"]) if found["oldest"] else ""
    return {**found, "oldest_age": age}


badges.register("webhooks", lambda: WebhookEvent.objects.filter(state=WebhookState.DEAD).count())
bulk.register(
    bulk.Act(
        AGAIN,
        "Process messages again",
        again,
        lambda key: reverse("admin:payments_webhookevent_change", args=[key]),
    )
)
errors_in_words.add(
    {
        "Unreachable": "Stripe did not answer.",
        "NotSent": "Stripe could not be reached.",
        "HeldBack": "Stripe is not well, so it was not asked.",
        "Declined": "The bank said no.",
        "Rejected": "Stripe refused the request as wrong. This needs a developer.",
        "Missing": "Stripe does not know what it is about.",
        "AlreadyDone": "It has moved on at Stripe; it is read again.",
    }
)
