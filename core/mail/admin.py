"""Messages, to read and to send again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from core.backoffice.readonly import ReadOnlyAdmin
from core.clock import now
from core.crypto.fields import readable
from core.errors import Refusal
from core.mail import selectors, services
from core.mail.models import Delivery, Message


class DeliveryInline(admin.TabularInline):
    model = Delivery
    extra = 0
    can_delete = False
    fields = readonly_fields = ("attempt", "at", "outcome", "answer")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
