"""The webhook inbox: what Stripe told us, what became of it, and processing it again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from core import clock
from core.backoffice import badges
from core.backoffice.readonly import ReadOnlyAdmin
from payments.models import WebhookEvent, WebhookState
from payments.services import webhooks

TONES = {
    WebhookState.RECEIVED.label: "warning",
    WebhookState.DONE.label: "success",
    WebhookState.IGNORED.label: "info",
    WebhookState.DEAD.label: "danger",
}
AT_ONCE_MAX = 50


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "type", "standing", "attempts", "object_id", "error")
    list_filter = ("state", "type")
    search_fields = ("event_id__exact", "object_id__exact", "payment_intent__exact")
    search_help_text = "A Stripe id: evt_…, pi_…, re_…"
    ordering = ("-received_at",)
    actions = ("process_again",)
    fields = (
        "type", "event_id", "standing", "attempts", "error", "happened_at", "received_at",
        "processed_at", "next_attempt_at", "object_type", "object_id", "payment_intent", "charge",
        "operation_id", "account", "livemode", "api_version",
    )  # fmt: skip

    @display(description="State", label=TONES)
    def standing(self, event: WebhookEvent) -> str:
        return event.get_state_display()

    @admin.action(description="Process again", permissions=["act"])
    def process_again(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        """A worker takes them up in the next seconds; twice does it once."""
        chosen = queryset.values_list("pk", flat=True)[:AT_ONCE_MAX]
        for event_pk in chosen:
            webhooks.revive(event_pk=event_pk, actor=f"staff:{request.user.pk}", now=clock.now())
        messages.success(request, f"{len(chosen)} will be processed again in a moment.")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("payments.change_webhookevent"))


badges.register("webhooks", lambda: WebhookEvent.objects.filter(state=WebhookState.DEAD).count())
