"""Who books and who comes: the least that is needed to teach, certify and invoice."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from core.errors import Invalid
from courses.models import Attendee, Booking, BookingStatus, Customer
from courses.services import capacity
from courses.services.refusals import DetailsClosed

TEXT_MAX, ADDRESS_MAX, ACCESS_MAX = 120, 400, 500
MAXIMA = {
    "email": 254,
    "phone": 30,
    "purchase_order": 40,
    "postcode": 10,
    "address": ADDRESS_MAX,
    "access_needs": ACCESS_MAX,
}
EMAIL_WORDS = "Enter an email address in the right format, like name@example.com"
PHONE_WORDS = "Enter a phone number we can reach you on, like 0113 496 0000"
PHONE = re.compile(r"\+?[0-9][0-9 ()\-.]{6,}\Z")
# Line breaks belong in an address; nothing else that a screen or a PDF cannot show belongs anywhere.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ud800-\udfff]")
OF_SEVERAL_LINES = ("address", "access_needs")

# What is typed is kept after the hold has ended, so it can also be given then.
OPEN_FOR_DETAILS = (BookingStatus.HELD, BookingStatus.EXPIRED)


@dataclass(frozen=True)
class CustomerDetails:
    name: str
    email: str
    phone: str = ""
    company: str = ""
    purchase_order: str = ""
    address: str = ""
    postcode: str = ""


@dataclass(frozen=True)
class AttendeeDetails:
    name: str = ""
    email: str = ""
    access_needs: str = ""


def give_details(
    *,
    token: str,
    customer: CustomerDetails | None = None,
    attendees: Sequence[AttendeeDetails] | None = None,
    early_start_consent: bool | None = None,
    now: dt.datetime,
) -> Booking:
    """Writes what is given and leaves the rest; raises Invalid (per field), DetailsClosed.

    Attendees are given in order, fewer than places if some are not known yet.
    """
    refuse_unreadable(customer, attendees)
    with capacity.bounded():
        booking = capacity.lock_booking(Booking.objects.with_token(token))
        if booking.status not in OPEN_FOR_DETAILS:
            raise DetailsClosed
        write(booking, customer, attendees, early_start_consent, now)
        return booking


def write(
    booking: Booking,
    customer: CustomerDetails | None,
    attendees: Sequence[AttendeeDetails] | None,
    early_start_consent: bool | None,
    now: dt.datetime,
) -> None:
    """Writes what is given of details that are readable; the caller holds the booking's lock."""
    if attendees is not None:
        _write_attendees(booking, attendees)
    if customer is not None:
        _write_customer(booking, customer, now)
    if early_start_consent is not None:
        booking.early_start_consent = early_start_consent
    booking.details_at = now
    booking.save(update_fields=["customer", "purchase_order", "early_start_consent", "details_at"])


def refuse_unreadable(
    customer: CustomerDetails | None, attendees: Sequence[AttendeeDetails] | None
) -> None:
    """Raises Invalid, per field, for what no booking could use."""
    problems = _problems_of_customer(customer) if customer else {}
    for index, attendee in enumerate(attendees or ()):
        problems |= _problems_of_attendee(attendee, index)
    if problems:
        raise Invalid(fields=problems)


def missing(booking: Booking) -> dict[str, list[str]]:
    """What must still be given before paying, per field; a company may name attendees later."""
    problems: dict[str, list[str]] = {}
    customer = booking.customer
    if customer is None or not customer.name:
        problems["customer.name"] = ["Enter your name"]
    if customer is None or not customer.email:
        problems["customer.email"] = [EMAIL_WORDS]
    if customer is not None and customer.company:
        return problems
    # By position here rather than in the statement: attendees that were read with the booking serve.
    people = sorted(booking.attendees.all(), key=lambda each: each.position)
    active = (each for each in people if each.is_active)
    for number, attendee in enumerate(active, start=1):
        if not attendee.name:
            problems[f"attendees.{number - 1}.name"] = [f"Enter the full name of attendee {number}"]
    return problems


def _problems_of_customer(customer: CustomerDetails) -> dict[str, list[str]]:
    problems = _problems_of_texts(customer, "customer")
    if not customer.name.strip():
        problems["customer.name"] = ["Enter your name"]
    if not is_email(customer.email):
        problems["customer.email"] = [EMAIL_WORDS]
    if customer.phone.strip() and not PHONE.match(customer.phone.strip()):
        problems["customer.phone"] = [PHONE_WORDS]
    return problems


def _problems_of_attendee(attendee: AttendeeDetails, index: int) -> dict[str, list[str]]:
    problems = _problems_of_texts(attendee, f"attendees.{index}")
    if attendee.email.strip() and not is_email(attendee.email):
        problems[f"attendees.{index}.email"] = [EMAIL_WORDS]
    return problems


def _problems_of_texts(details: object, prefix: str) -> dict[str, list[str]]:
    problems = {}
    for field in fields(details):  # type: ignore[arg-type]
        text = getattr(details, field.name)
        longest = MAXIMA.get(field.name, TEXT_MAX)
        if len(text) > longest:
            problems[f"{prefix}.{field.name}"] = [f"Use {longest} characters or fewer"]
        elif UNPRINTABLE.search(text):
            problems[f"{prefix}.{field.name}"] = ["Use letters, numbers and signs only"]
    return problems


def is_email(text: str) -> bool:
    """Whether mail could be sent there, as far as the text tells."""
    try:
        EmailValidator()(text.strip())
    except ValidationError:
        return False
    return True


def _write_customer(booking: Booking, details: CustomerDetails, now: dt.datetime) -> None:
    customer = booking.customer or Customer(created_at=now)
    for field in fields(details):
        if field.name != "purchase_order":
            setattr(customer, field.name, tidy(field.name, getattr(details, field.name)))
    customer.save()
    booking.customer = customer
    booking.purchase_order = tidy("purchase_order", details.purchase_order)


def _write_attendees(booking: Booking, attendees: Sequence[AttendeeDetails]) -> None:
    if len(attendees) > booking.places:
        raise Invalid(fields={"attendees": [f"This booking has {booking.places} places, no more."]})
    rows = Attendee.objects.filter(booking=booking).order_by("position")[: len(attendees)]
    for row, details in zip(rows, attendees, strict=True):
        row.name = tidy("name", details.name)
        row.email = tidy("email", details.email)
        row.access_needs = tidy("access_needs", details.access_needs)
        row.save(update_fields=["name", "email", "access_needs"])


def tidy(name: str, text: str) -> str:
    """Without the white space that nobody meant."""
    if name in OF_SEVERAL_LINES:
        return "\n".join(line.strip() for line in text.strip().splitlines())
    return " ".join(text.split())
