"""Forgetting people: one who asks for it, and everybody whose time is over. What was booked and paid stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from core.crypto.index import blind_index
from core.ids import secret_token
from core.privacy.erasing import Person
from courses.models import (
    Attendee,
    Booking,
    BookingStatus,
    Customer,
    DatesWish,
    Move,
    MoveStatus,
    Rating,
    SessionState,
    SignIn,
    WaitingListEntry,
    WaitingStatus,
    WorkplaceEnquiry,
)
from courses.models.customer import EMAIL_INDEX

ERASED = "Erased"
NOBODY = ""
OPEN = (BookingStatus.HELD, BookingStatus.PAYING, BookingStatus.UNDER_REVIEW)
MOVING = (MoveStatus.OPEN, MoveStatus.PAYING, MoveStatus.UNDER_REVIEW)
WAITING = (WaitingStatus.WAITING, WaitingStatus.OFFERED)


def find(term: str) -> Person | None:
    """By reference, customer id or e-mail address. None when nothing is held of them."""
    email = term if "@" in term else _email_of(term)
    return of_address(email) if email else None


def _email_of(term: str) -> str:
    try:
        found = Customer.objects.filter(pk=UUID(term)).first()
    except ValueError:
        booking = Booking.objects.select_related("customer").filter(reference=term.upper()).first()
        found = booking.customer if booking else None
    return found.email if found else ""


def of_address(email: str) -> Person:
    """All that was given with this address: as who booked, who comes, who waits or who asked. Attendees and enquiries
    have no index of addresses, so each is opened."""
    index = blind_index(email, EMAIL_INDEX)
    customers = list(Customer.objects.filter(email_index=index))
    bookings = list(Booking.objects.filter(customer__in=customers))
    theirs = list(Attendee.objects.filter(booking__in=bookings))
    guests = [row for row in _opened(Attendee.objects.all(), email) if row not in theirs]
    waiting = list(WaitingListEntry.objects.filter(email_index=index))
    enquiries = _opened(WorkplaceEnquiry.objects.all(), email)
    wishes = list(DatesWish.objects.filter(email_index=index))
    typed = {email}
    for row in (*customers, *theirs, *guests, *waiting, *enquiries):
        for name in ("name", "email", "phone", "company", "address"):
            typed.add(getattr(row, name, ""))
    return Person(
        email=email,
        customers=_keys(customers),
        bookings=_keys(bookings),
        references=tuple(each.reference for each in bookings),
        attendees=_keys([*theirs, *guests]),
        waiting=_keys(waiting),
        enquiries=_keys(enquiries),
        wishes=_keys(wishes),
        words=frozenset(word for word in typed if len(word) > 3 and word != ERASED),
    )


def bars(person: Person, now: dt.datetime) -> list[str]:
    """A sentence for each thing that is still going on."""
    theirs = Booking.objects.filter(pk__in=person.bookings).select_related("session")
    comes = Booking.objects.filter(attendees__in=person.attendees, attendees__state="active")
    to_come = Q(
        status=BookingStatus.CONFIRMED,
        session__ends_at__gt=now,
        session__state=SessionState.SCHEDULED,
    )
    found = (
        *(f"Booking {each} is not finished: wait until it is paid, or cancel it." for each in theirs.filter(status__in=OPEN)),
        *(f"Booking {each} is for a date to come: cancel it first, or wait until the course is over."
          for each in Booking.objects.filter(to_come, Q(pk__in=theirs) | Q(pk__in=comes.values("pk")))),
        *(f"Booking {each.booking} is being moved to another date: wait until that is settled."
          for each in Move.objects.filter(booking__in=theirs, status__in=MOVING).select_related("booking")),
    )  # fmt: skip
    waits = WaitingListEntry.objects.filter(pk__in=person.waiting, status__in=WAITING)
    if waits.exists():
        found = (*found, "They are on a waiting list: take them off it first.")
    return list(found)


def counts(person: Person) -> dict[str, int]:
    return {
        "bookings lose who booked them": len(person.bookings),
        "attendees lose their names": len(person.attendees),
        "waiting list entries lose who waited": len(person.waiting),
        "enquiries are deleted": len(person.enquiries),
        "wishes to hear of new dates are deleted": len(person.wishes),
    }


def erase(person: Person, now: dt.datetime) -> None:
    list(Booking.objects.select_for_update().filter(pk__in=person.bookings).order_by("pk"))
    forget_attendees(Attendee.objects.filter(pk__in=person.attendees), now)
    forget_waiting(WaitingListEntry.objects.filter(pk__in=person.waiting))
    WorkplaceEnquiry.objects.filter(pk__in=person.enquiries).delete()
    DatesWish.objects.filter(pk__in=person.wishes).delete()
    SignIn.objects.filter(email_index=blind_index(person.email, EMAIL_INDEX)).delete()
    forget_customers(Customer.objects.filter(pk__in=person.customers))


def forget_customers(found: QuerySet[Customer]) -> int:
    """Name, address and the rest; and the bookings' links and browsers, which open what is left."""
    rows = list(found.select_for_update().only("pk"))
    for row in rows:
        _blank(row, name=ERASED, email="", phone="", company="", address="", postcode="")
    keys = _keys(rows)
    Customer.objects.filter(pk__in=keys).update(email_index=NOBODY, name_keys=[])
    for booking in Booking.objects.filter(customer__in=keys).only("pk"):
        Booking.objects.filter(pk=booking.pk).update(
            token=secret_token(), browser=NOBODY, purchase_order=""
        )
    return len(rows)


def forget_attendees(found: QuerySet[Attendee], now: dt.datetime) -> int:
    rows = list(found.select_for_update().only("pk"))
    for row in rows:
        _blank(row, name=ERASED, email="", access_needs="")
    keys = _keys(rows)
    Attendee.objects.filter(pk__in=keys).update(name_keys=[], needs_erased_at=now)
    for rating in Rating.objects.filter(attendee__in=keys).only("pk"):
        Rating.objects.filter(pk=rating.pk).update(link_digest=f"erased:{rating.pk}")
    return len(rows)


def forget_waiting(found: QuerySet[WaitingListEntry]) -> int:
    rows = list(found.select_for_update().only("pk"))
    for row in rows:
        _blank(row, name="", email="")
        WaitingListEntry.objects.filter(pk=row.pk).update(email_index=NOBODY, token=secret_token())
    return len(rows)


# --- what a night forgets: at most `limit` rows of what is due before `before` ----------------------


def forget_old_customers(before: dt.datetime, now: dt.datetime, limit: int) -> int:
    """Whose last date is that long over, with everybody they booked for."""
    later = Booking.objects.filter(customer=OuterRef("pk"), session__ends_at__gte=before)
    due = Customer.objects.filter(~Exists(later), created_at__lt=before).exclude(email_index=NOBODY)
    return _forget_with_their_people(due, now, limit)


def forget_unpaid(before: dt.datetime, now: dt.datetime, limit: int) -> int:
    """Who typed their details and never had the place."""
    had = Booking.objects.filter(customer=OuterRef("pk")).exclude(
        status=BookingStatus.EXPIRED, confirmed_at=None
    )
    due = Customer.objects.filter(~Exists(had), created_at__lt=before).exclude(email_index=NOBODY)
    return _forget_with_their_people(due, now, limit)


def _forget_with_their_people(due: QuerySet[Customer], now: dt.datetime, limit: int) -> int:
    keys = list(due.order_by("pk").values_list("pk", flat=True)[:limit])
    forget_attendees(Attendee.objects.filter(booking__customer__in=keys), now)
    return forget_customers(Customer.objects.filter(pk__in=keys))


def forget_needs(before: dt.datetime, now: dt.datetime, limit: int) -> int:
    """What people said of their health, once their course is over."""
    due = Attendee.objects.filter(needs_erased_at=None, booking__session__ends_at__lt=before)
    rows = list(due.order_by("pk").only("pk")[:limit])
    for row in rows:
        _blank(row, access_needs="")
    return Attendee.objects.filter(pk__in=_keys(rows)).update(needs_erased_at=now)


def forget_who_waited(before: dt.datetime, limit: int) -> int:
    over = ~Q(status__in=WAITING) & Q(session__ends_at__lt=before)
    due = WaitingListEntry.objects.filter(over).exclude(email_index=NOBODY)
    keys = list(due.order_by("pk").values_list("pk", flat=True)[:limit])
    return forget_waiting(WaitingListEntry.objects.filter(pk__in=keys))


def _opened(rows: QuerySet[Any], email: str) -> list[Any]:
    wanted = email.strip().casefold()
    return [row for row in rows.iterator(chunk_size=500) if row.email.casefold() == wanted]


def _blank(row: Model, **values: str) -> None:
    sealed = {
        name: row._meta.get_field(name).sealed_for(row.pk, value)  # type: ignore[union-attr]
        for name, value in values.items()
    }
    type(row)._default_manager.filter(pk=row.pk).update(**sealed)


def _keys(rows: Iterable[Model]) -> tuple[UUID, ...]:
    return tuple(row.pk for row in rows)
