"""The review queue and its cases: a person decides, with a reason; the saga takes or releases the money."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from core.backoffice.readonly import ReadOnlyAdmin
from fraud.selectors import ReviewCase
from payments.admin.reviews.case import CaseProgress, CaseWatch, ReviewDesk
from payments.admin.reviews.queue import ReviewQueue


@admin.register(ReviewCase)
class ReviewCaseAdmin(ReadOnlyAdmin):
    """The list and the row's page are our own screens; the search of the site finds cases here."""

    search_fields = ("booking_reference__exact",)
    search_help_text = "A booking such as RFT-7KQ9TC"
    ordering = ("promise_at", "id")

    def get_urls(self) -> list[URLPattern]:
        pages = (
            ("decide", ReviewDesk, "fraud_reviewcase_desk"),
            ("progress", CaseProgress, "fraud_reviewcase_progress"),
            ("watch", CaseWatch, "fraud_reviewcase_watch"),
        )
        mine = [
            path(
                f"<uuid:case_id>/{end}/",
                self.admin_site.admin_view(view.as_view(model_admin=self)),
                name=name,
            )
            for end, view, name in pages
        ]
        return [*mine, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return ReviewQueue.as_view(model_admin=self)(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The case's page is the desk."""
        return HttpResponseRedirect(reverse("admin:fraud_reviewcase_desk", args=[object_id]))
