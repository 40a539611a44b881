"""A booking's papers, behind its secret link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import clock
from courses import selectors as courses
from invoicing import selectors
from invoicing.models import Document
from invoicing.services import files


@require_safe
def invoice_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The latest invoice."""
    booking = courses.booking_by_token(token)
    return pdf_response(selectors.invoice_of(booking.pk))


@require_safe
def document_pdf(request: HttpRequest, token: str, label: str) -> HttpResponse:
    """One invoice or credit note by its number, if it is this booking's."""
    booking = courses.booking_by_token(token)
    return pdf_response(selectors.document_of(booking.pk, label))


@require_safe
def documents_fragment(request: HttpRequest, token: str) -> HttpResponse:
    """The list that the booking's pages fetch into themselves."""
    booking = courses.booking_by_token(token)
    documents = selectors.documents_of(booking.pk)
    return render(request, "invoicing/documents.html", {"booking": booking, "documents": documents})


def pdf_response(document: Document) -> HttpResponse:
    """The file, for whoever asked and for no cache on the way."""
    return HttpResponse(
        files.pdf(document_id=document.pk, now=clock.now()),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{document.label}.pdf"',
            "Cache-Control": "private, no-store",
            "X-Robots-Tag": "noindex",
        },
    )
