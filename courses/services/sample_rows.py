"""The rows of a sample sale in this app's tables, copied in bulk."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass

from core.crypto import names
from core.crypto.index import blind_index
from core.database import bulk
from core.ids import secret_token
from courses import pricing
from courses.models import Attendee, Booking, BookingTransition, Course, CourseSession, Customer
from courses.models.booking import browser_digest
from courses.models.customer import EMAIL_INDEX, NAMES
from courses.services import sample_people
from courses.services.sample_people import Person


@dataclass(slots=True)
class Sale:
    """One booking as the apps above need it. ``ending``: paid, refunded, blocked or expired."""

    booking_id: str
    reference: str
    course: str
    session: CourseSession
    places: int
    line: pricing.Line
    person: Person
    ending: str
    held_at: dt.datetime
    paid_at: dt.datetime
    refunded_at: dt.datetime | None


def write(*, sales: list[Sale], draw: random.Random) -> None:
    """Customers, bookings, people and history of these sales, whose sessions are there."""
    policies = {
        course.pk: bulk.plain(course.cancellation_policy.snapshot())
        for course in Course.objects.select_related("cancellation_policy")
    }
    keys = bulk.ids()
    customers = [next(keys) for _ in sales]
    bulk.copy(Customer, CUSTOMER, _customer_rows(sales, customers))
    bulk.copy(
        Booking,
        BOOKING,
        (
            _booking_row(sale, customer, policies[sale.session.course_id])
            for sale, customer in zip(sales, customers, strict=True)
        ),
    )
    bulk.copy(Attendee, ATTENDEE, _attendee_rows(sales, keys, draw))
    bulk.copy(
        BookingTransition, HISTORY, (row for sale in sales for row in _history_rows(sale, keys))
    )


CUSTOMER = (
    "id", "name", "email", "email_index", "phone", "company", "address", "postcode", "created_at",
    "name_keys",
)  # fmt: skip
BOOKING = (
    "id", "reference", "token", "session", "customer", "status", "places", "lines", "total_minor",
    "currency", "policy", "hold_expires_at", "extensions", "renewals", "browser",
    "early_start_consent", "purchase_order", "created_at", "details_at", "confirmed_at",
)  # fmt: skip
ATTENDEE = ("id", "booking", "position", "name", "email", "access_needs", "state", "name_keys")
HISTORY = (
    "id", "booking", "action", "came_from", "went_to", "cause", "actor", "trace_id", "at",
)  # fmt: skip
STATUS = {"paid": "confirmed", "refunded": "cancelled", "blocked": "cancelled"}
HOLD = dt.timedelta(minutes=15)


def _customer_rows(sales: list[Sale], keys: list[str]) -> Iterator[tuple]:
    name, email, phone, company, address, postcode = (
        bulk.sealer(Customer, field)
        for field in ("name", "email", "phone", "company", "address", "postcode")
    )
    for sale, pk in zip(sales, keys, strict=True):
        person = sale.person
        yield (
            pk,
            name(pk, person.name),
            email(pk, person.email),
            blind_index(person.email, EMAIL_INDEX),
            phone(pk, person.phone),
            company(pk, person.company),
            address(pk, person.address),
            postcode(pk, person.postcode),
            sale.held_at,
            names.keys_of(person.name, person.company, purpose=NAMES),
        )


def _booking_row(sale: Sale, customer: str, policy: str) -> tuple:
    return (
        sale.booking_id,
        sale.reference,
        secret_token(),
        sale.session.pk,
        customer,
        STATUS.get(sale.ending, "expired"),
        sale.places,
        bulk.plain([sale.line]),
        sale.line["gross_minor"],
        "GBP",
        policy,
        sale.held_at + HOLD,
        0,
        0,
        browser_digest(sale.reference),
        False,
        sale.person.purchase_order,
        sale.held_at,
        sale.held_at + dt.timedelta(seconds=50),
        sale.paid_at if sale.ending in ("paid", "refunded") else None,
    )


def _attendee_rows(sales: list[Sale], keys: Iterator[str], draw: random.Random) -> Iterator[tuple]:
    seal_name, seal_email = bulk.sealer(Attendee, "name"), bulk.sealer(Attendee, "email")
    seal_needs = bulk.sealer(Attendee, "access_needs")
    for sale in sales:
        state = "cancelled" if sale.ending == "refunded" else "active"
        for position in range(1, sale.places + 1):
            pk = next(keys)
            name, email = sample_people.attendee(draw)
            yield (
                pk,
                sale.booking_id,
                position,
                seal_name(pk, name),
                seal_email(pk, email),
                seal_needs(pk, ""),
                state,
                names.keys_of(name, purpose=NAMES),
            )


def _history_rows(sale: Sale, keys: Iterator[str]) -> Iterator[tuple]:
    before = ""
    for action, after, actor, at in _steps(sale):
        yield (next(keys), sale.booking_id, action, before, after, "", actor, "", at)
        before = after


def _steps(sale: Sale) -> Iterator[tuple[str, str, str, dt.datetime]]:
    yield "hold", "held", "customer", sale.held_at
    if sale.ending == "expired":
        yield "expire", "expired", "system", sale.held_at + HOLD
        return
    yield "begin_payment", "paying", "customer", sale.paid_at - dt.timedelta(seconds=5)
    if sale.ending == "blocked":
        yield "release", "cancelled", "system", sale.paid_at
        return
    yield "confirm", "confirmed", "system", sale.paid_at
    if sale.refunded_at:
        yield "cancel", "cancelled", "customer", sale.refunded_at
