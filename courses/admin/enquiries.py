"""Who asked for training at their workplace: read, answered by mail or phone, and marked as answered."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from core import clock
from core.backoffice.readonly import ReadOnlyAdmin
from core.crypto.fields import readable
from courses.models import WorkplaceEnquiry
from courses.services import enquiring


class Answered(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("open", "To answer"), ("answered", "Answered")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[WorkplaceEnquiry]
    ) -> QuerySet[WorkplaceEnquiry]:
        if self.value() is None:
            return queryset
        return queryset.filter(answered_at__isnull=self.value() == "open")


@admin.register(WorkplaceEnquiry)
class WorkplaceEnquiryAdmin(ReadOnlyAdmin):
    list_display = ("asked_at", "standing", "name_shown", "company_shown", "people", "place")
    list_filter = (Answered,)
    ordering = ("-asked_at", "-id")
    fields = (
        "standing", "name_shown", "company_shown", "email_shown", "phone_shown", "people", "place",
        "message_shown", "asked_at", "answered_at", "answered_by",
    )  # fmt: skip
    actions = ("mark_answered",)

    @display(description="State", label={"To answer": "warning", "Answered": "success"})
    def standing(self, enquiry: WorkplaceEnquiry) -> str:
        return "Answered" if enquiry.answered_at else "To answer"

    @display(description="Name")
    def name_shown(self, enquiry: WorkplaceEnquiry) -> str:
        return readable(enquiry, "name")

    @display(description="Company")
    def company_shown(self, enquiry: WorkplaceEnquiry) -> str:
        return readable(enquiry, "company")

    @display(description="Email")
    def email_shown(self, enquiry: WorkplaceEnquiry) -> str:
        return readable(enquiry, "email")

    @display(description="Phone")
    def phone_shown(self, enquiry: WorkplaceEnquiry) -> str:
        return readable(enquiry, "phone")

    @display(description="What they need")
    def message_shown(self, enquiry: WorkplaceEnquiry) -> str:
        return readable(enquiry, "message")

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("courses.change_workplaceenquiry")

    @admin.action(description="Mark as answered", permissions=["answer"])
    def mark_answered(self, request: HttpRequest, queryset: QuerySet[WorkplaceEnquiry]) -> None:
        for enquiry in queryset:
            enquiring.answer(
                enquiry_id=enquiry.pk, actor=f"staff:{request.user.pk}", now=clock.now()
            )
            self.message_user(request, f"{enquiry}: answered.", messages.SUCCESS)
