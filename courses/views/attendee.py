"""Sending someone else: one person's page below the booking."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import clock
from core.errors import Conflict, Invalid
from core.idempotency.forms import idempotent_form
from core.pages import by_secret_link
from courses import browser, selectors
from courses.forms.attendee import AttendeeForm
from courses.models import Attendee, Booking
from courses.services import replacing


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def attendee(request: HttpRequest, token: str, attendee_id: UUID) -> HttpResponse:
    booking = selectors.booking_by_token(token)
    person = _person(booking, attendee_id)
    if request.method != "POST":
        return _page(request, booking, person, AttendeeForm.of(person))
    browser.refuse_another(request, booking)
    form = AttendeeForm(request.POST)
    if form.is_valid() and _sent(form, token, attendee_id):
        return HttpResponseRedirect(reverse("payments:booking", args=[token]))
    return _page(request, booking, person, form, status=422)


def _sent(form: AttendeeForm, token: str, attendee_id: UUID) -> bool:
    """False, with the words in the form, when it is refused."""
    given = form.cleaned_data
    try:
        replacing.send(
            token=token, attendee_id=attendee_id, name=given["name"], email=given["email"],
            actor="customer", now=clock.now(),
        )  # fmt: skip
    except Invalid as refusal:
        for field, words in refusal.fields.items():
            form.add_error(field.rpartition(".")[2], words)
        return False
    except Conflict as refusal:
        form.add_error(None, refusal.detail)
        return False
    return True


def _person(booking: Booking, attendee_id: UUID) -> Attendee:
    for each in booking.attendees.all():
        if each.pk == attendee_id and each.is_active:
            return each
    raise replacing.AttendeeNotFound


def _page(
    request: HttpRequest, booking: Booking, person: Attendee, form: AttendeeForm, status: int = 200
) -> HttpResponse:
    problems = [
        (f"id_{name}" if name != "__all__" else "", words)
        for name, errors in form.errors.items()
        for words in errors
    ]
    context = {
        "section": "bookings", "booking": booking, "person": person, "form": form,
        "problems": problems, "is_here": browser.is_booked_here(request, booking),
    }  # fmt: skip
    return render(request, "courses/attendee.html", context, status=status)
