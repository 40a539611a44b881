"""Invoices and credit notes, to read, to send again and to hand to the accountant. Nothing here changes one."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from core import clock, formats
from core.backoffice import finding, navigation
from core.backoffice.finding import Found
from core.backoffice.paging import choosing
from core.backoffice.readonly import ReadOnlyAdmin
from core.crypto.fields import readable
from core.errors import Refusal
from core.money import Money
from invoicing import emails, exports, selectors
from invoicing.admin.accounts import Accounts
from invoicing.admin.correcting import CorrectionConsole
from invoicing.models import Document, DocumentQuerySet
from invoicing.services import files
from invoicing.views import pdf_response

STATES = {
    "Paid": "success",
    "Part credited": "warning",
    "Credited": "info",
    "Corrected": "info",
    "Credit note": "info",
}


def _years() -> list[tuple[int, int]]:
    return [(year, year) for year in selectors.years()]


class FileFilter(admin.SimpleListFilter):
    """Which documents have no PDF because it could not be made."""

    title = "PDF"
    parameter_name = "pdf"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("failed", "Not made")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Document]) -> QuerySet[Document]:
        if self.value() == "failed":
            return queryset.filter(file_failure__isnull=False)
        return queryset


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = (
        "number_shown", "file_shown", "date", "customer", "purchase_order", "net_shown",
        "vat_shown", "gross_shown", "state", "linked",
    )  # fmt: skip
    list_filter = ("kind", FileFilter, choosing("year", "year", _years))
    search_fields = ("label__startswith", "booking_reference__exact")
    search_help_text = (
        "A number such as INV-2026-01482 or 1482, a booking such as RFT-7KQ9TC, or a name"
    )
    ordering = ("-issued_at", "-id")
    list_select_related = ("refers_to", "file_failure", "replaces", "replaced_by")
    list_before_template = "invoicing/admin/numbers.html"
    list_after_template = "invoicing/admin/totals.html"
    actions = ("send_again", "make_files", "export_csv")
    fields = (
        "number_shown", "date", "tax_point", "booking_reference", "customer", "purchase_order",
        "method", "net_shown", "vat_shown", "gross_shown", "state", "linked", "file_shown",
        "content_hash",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return super().get_queryset(request).prefetch_related("credit_notes")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Document], search_term: str
    ) -> tuple[QuerySet[Document], bool]:
        return (queryset & selectors.found(search_term) if search_term else queryset), False

    actions_detail = ("correct",)
    actions_list = ("for_the_accountant",)

    @action(
        description="For the accountant", url_path="for-the-accountant", permissions=["accounts"]
    )
    def for_the_accountant(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:invoicing_document_accounts"))

    def has_accounts_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("invoicing.export_accounts"))

    @action(description="Correct the details", url_path="other-details", permissions=["correct"])
    def correct(self, request: HttpRequest, object_id: uuid.UUID) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:invoicing_document_correction", args=[object_id])
        )

    def has_correct_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("invoicing.change_document"))

    def get_urls(self) -> list[URLPattern]:
        correction = path(
            "<uuid:document_id>/correct/",
            self.admin_site.admin_view(CorrectionConsole.as_view(model_admin=self)),
            name="invoicing_document_correction",
        )
        file = path(
            "<uuid:document_id>/pdf/",
            self.admin_site.admin_view(self.pdf_view),
            name="invoicing_document_pdf",
        )
        lists = path(
            "accounts/",
            self.admin_site.admin_view(Accounts.as_view(model_admin=self)),
            name="invoicing_document_accounts",
        )
        return [file, correction, lists, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Adds the check line, and the totals of what the filter shows."""
        runs = selectors.runs()
        whole = [run for run in runs if not run.missing]
        context = {"runs": runs, "whole_runs": whole, **(extra_context or {})}
        response = super().changelist_view(request, context)
        shown = getattr(response, "context_data", {}).get("cl")
        if isinstance(response, TemplateResponse) and response.context_data and shown is not None:
            response.context_data["totals"] = _totals(shown.queryset)
        return response

    def pdf_view(self, request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
        """The file that the customer has."""
        document = selectors.document(document_id)
        if not self.has_view_permission(request, document):
            return HttpResponse(status=403)
        return pdf_response(document)

    # --- columns ---------------------------------------------------------------------------------

    @display(description="Number", ordering="label")
    def number_shown(self, document: Document) -> SafeString:
        return _unbroken(f"↳ {document.label}" if document.is_credit_note else document.label)

    @display(description="Date", ordering="issued_at")
    def date(self, document: Document) -> SafeString:
        return _unbroken(f"{formats.local_date(document.issued_at):%d %b %Y}")

    @display(description="Customer")
    def customer(self, document: Document) -> str:
        return _private(document, lambda private: private["buyer"][0])

    @display(description="Purchase order")
    def purchase_order(self, document: Document) -> str:
        return _private(document, lambda private: private["purchase_order"])

    @display(description="Paid by")
    def method(self, document: Document) -> str:
        return _private(document, lambda private: private["method"])

    @display(description="Net", ordering="net_minor")
    def net_shown(self, document: Document) -> SafeString:
        return _unbroken(str(_signed(document, document.net)))

    @display(description="VAT", ordering="vat_minor")
    def vat_shown(self, document: Document) -> SafeString:
        return _unbroken(str(_signed(document, document.vat)))

    @display(description="Total", ordering="gross_minor")
    def gross_shown(self, document: Document) -> SafeString:
        return _unbroken(str(_signed(document, document.gross)))

    @display(description="State", label=STATES)
    def state(self, document: Document) -> str:
        return _state(document)

    @display(description="Goes with")
    def linked(self, document: Document) -> SafeString:
        others = [document.refers_to] if document.refers_to else [*document.credit_notes.all()]
        others += [document.replaces] if document.replaces else []
        return _unbroken(*sorted(other.label for other in others))

    @display(description="PDF")
    def file_shown(self, document: Document) -> SafeString:
        address = reverse("admin:invoicing_document_pdf", args=[document.pk])
        if hasattr(document, "file_failure"):
            words = f"PDF not made: {document.file_failure.error}"
            return format_html('{} <a href="{}">Make it</a>', words, address)
        return format_html('<a href="{}" aria-label="PDF of {}">PDF</a>', address, document.label)

    # --- acts ------------------------------------------------------------------------------------

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("invoicing.view_document")

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        for document in queryset:
            emails.send_again(
                document_id=document.pk,
                request_id=uuid.uuid4().hex,
                actor=f"staff:{request.user.pk}",
                now=clock.now(),
            )
            self.message_user(request, f"{document.label}: on its way again.", messages.SUCCESS)

    @admin.action(description="Make the PDF", permissions=["send"])
    def make_files(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        for document in queryset:
            try:
                files.pdf(document_id=document.pk, now=clock.now())
            except Refusal:
                self.message_user(request, f"{document.label}: PDF not made.", messages.ERROR)
            else:
                self.message_user(request, f"{document.label}: PDF made.", messages.SUCCESS)

    @admin.action(description="CSV for the accountant", permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Document]) -> HttpResponse:
        return HttpResponse(
            exports.csv_of(queryset.order_by("issued_at", "id")),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="invoices.csv"'},
        )


def papers(term: str, limit: int) -> Iterable[Found]:
    """By number, by booking, or by the name of who booked."""
    if "@" in term:
        return
    for each in selectors.found(term)[:limit]:
        buyer = _private(each, lambda private: private["buyer"][0])
        yield Found(
            title=each.label,
            detail=f"{buyer}, {formats.money(each.gross)}",
            url=navigation.row_url("invoicing.document", each.pk),
            icon="receipt_long",
        )


finding.add(30, "Invoices and credit notes", "invoicing.view_document", papers)


def _unbroken(*lines: str) -> SafeString:
    """Each on a line of its own that does not wrap."""
    return format_html_join(
        SafeString("<br>"), '<span class="whitespace-nowrap">{}</span>', ((line,) for line in lines)
    )


def _private(document: Document, part: Callable[[dict[str, Any]], str]) -> str:
    """A part of what is sealed, for a list that must not fall over one damaged row."""
    private: Any = readable(document, "private")
    return part(private) if isinstance(private, dict) else private


def _state(document: Document) -> str:
    if document.is_credit_note:
        return "Credit note"
    if hasattr(document, "replaced_by"):
        return "Corrected"
    credited = sum(note.gross_minor for note in document.credit_notes.all())
    if not credited:
        return "Paid"
    return "Credited" if credited == document.gross_minor else "Part credited"


def _signed(document: Document, amount: Money) -> Money:
    return -amount if document.is_credit_note else amount


def _totals(queryset: DocumentQuerySet) -> dict[str, Money]:
    sums = selectors.totals(queryset)
    return {
        "net": Money(sums.net_minor),
        "vat": Money(sums.vat_minor),
        "gross": Money(sums.gross_minor),
    }
