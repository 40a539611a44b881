"""Messages, to read and to send again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from core.backoffice import finding, navigation
from core.backoffice.finding import Found
from core.backoffice.readonly import ReadOnlyAdmin, moment
from core.clock import now
from core.crypto.fields import readable
from core.errors import Refusal
from core.mail import selectors, services
from core.mail.models import Delivery, Message, MessageState, Outcome


class DeliveryInline(admin.TabularInline):
    model = Delivery
    extra = 0
    can_delete = False
    fields = readonly_fields = ("attempt", "at", "outcome", "answer")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def sent_to(term: str, limit: int) -> Iterable[Found]:
    """Did they get the e-mail: everything that went to one address."""
    if "@" not in term:
        return
    for each in selectors.messages_to(term).order_by("-created_at")[:limit]:
        yield Found(
            title=readable(each, "subject"),
            detail=f"{each.get_state_display()}, {moment(each.sent_at or each.created_at)}",
            url=navigation.row_url("mail.message", each.pk),
            icon="mail",
        )


finding.add(35, "Messages to this address", "mail.view_message", sent_to)


TONES = {
    MessageState.SENT: "ok",
    MessageState.FAILED: "warn",
    MessageState.DEAD: "bad",
}


@dataclass(frozen=True)
class Sent:
    """One message as the page of what it is about lists it."""

    id: UUID
    subject: str
    to: str
    state: str
    tone: str
    at: datetime
    trouble: str
    is_over: bool


def about(subject: str) -> list[Sent]:
    """What was mailed about a thing, the newest first, for `mail/admin/_sent.html`."""
    return [_sent(each) for each in reversed(selectors.messages_about(subject))]


def _sent(message: Message) -> Sent:
    tries = sorted(message.deliveries.all(), key=lambda each: each.attempt)
    last = tries[-1] if tries else None
    failed = last is not None and last.outcome != Outcome.ACCEPTED
    return Sent(
        id=message.pk,
        subject=readable(message, "subject"),
        to=readable(message, "recipient"),
        state=message.get_state_display(),
        tone=TONES.get(MessageState(message.state), ""),
        at=message.sent_at or message.created_at,
        trouble=f"Try {last.attempt}: {last.get_outcome_display()}" if last and failed else "",
        is_over=message.state in (MessageState.SENT, MessageState.DEAD),
    )


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "to", "state", "attempt", "sent_at", "about")
    list_filter = ("state", "kind")
    search_fields = ("about__exact",)
    search_help_text = "An e-mail address, or what the message is about"
    ordering = ("-created_at",)
    fields = (
        "kind",
        "about",
        "to",
        "title",
        "words",
        "state",
        "attempt",
        "due_at",
        "created_at",
        "sent_at",
    )
    inlines = (DeliveryInline,)
    actions = ("send_again",)

    @admin.display(description="To")
    def to(self, message: Message) -> str:
        return readable(message, "recipient")

    @admin.display(description="Subject")
    def title(self, message: Message) -> str:
        return readable(message, "subject")

    @admin.display(description="Text")
    def words(self, message: Message) -> str:
        return readable(message, "text")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        if "@" in search_term:
            return queryset & selectors.messages_to(search_term), False
        return super().get_search_results(request, queryset, search_term)

    def get_urls(self) -> list[URLPattern]:
        again = self.admin_site.admin_view(require_POST(self.again_view))
        mine = path("<uuid:message_id>/again/", again, name="mail_message_again")
        return [mine, *super().get_urls()]

    def again_view(self, request: HttpRequest, message_id: UUID) -> HttpResponse:
        """From the page of what it is about, and back there."""
        if not self.has_resend_permission(request):
            raise PermissionDenied
        message = get_object_or_404(Message, pk=message_id)
        self.send_again(request, Message.objects.filter(pk=message.pk))
        back = request.POST.get("back", "")
        if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
            back = navigation.row_url("mail.message", message.pk)
        return HttpResponseRedirect(f"{back}#mails")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mail.change_message")

    @admin.action(description="Send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        for message in queryset:
            try:
                services.resend(message_id=message.pk, actor=f"staff:{request.user.pk}", now=now())
            except Refusal as refusal:
                self.message_user(request, f"{message}: {refusal.detail}", messages.ERROR)
            else:
                self.message_user(request, f"{message}: on its way again.", messages.SUCCESS)
