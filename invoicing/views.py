"""A booking's papers, behind its secret link."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core import clock
from core.errors import Refusal
from core.idempotency.forms import idempotent_form
from core.pages import by_secret_link
from courses import browser
from courses import selectors as courses
from invoicing import selectors
from invoicing.forms import BuyerForm
from invoicing.models import Document
from invoicing.services import correcting, files


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
    documents = list(selectors.documents_of(booking.pk))
    context = {
        "booking": booking,
        "documents": documents,
        "may_correct": any(correcting.may_correct(document) for document in documents),
    }
    return render(request, "invoicing/documents.html", context)


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def invoice_details(request: HttpRequest, token: str) -> HttpResponse:
    """The customer corrects whom the latest invoice is made out to: at once, with both papers mailed."""
    booking = courses.booking_by_token(token)
    if request.method == "POST":
        browser.refuse_another(request, booking)
    document = selectors.invoice_of(booking.pk)
    given = BuyerForm(request.POST) if request.method == "POST" else BuyerForm.of(document)
    if request.method == "POST" and given.is_valid() and _corrected(given, document):
        return HttpResponseRedirect(reverse("payments:booking", args=[token]))
    context = {
        "section": "bookings",
        "booking": booking,
        "document": document,
        "form": given,
        "problems": given.problems(),
        "is_here": browser.is_booked_here(request, booking),
        "may_correct": correcting.may_correct(document),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "invoicing/invoice_details.html", context, status=status)


def _corrected(form: BuyerForm, document: Document) -> bool:
    """False, with the words in the form, when it is refused."""
    try:
        correcting.correct(
            document_id=document.pk, buyer=form.buyer(), reason="",
            actor=correcting.CUSTOMER, now=clock.now(),
        )  # fmt: skip
    except Refusal as refusal:
        form.refuse(refusal)
        return False
    return True


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
