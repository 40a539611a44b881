"""Finding bookings and people as the office asks for them: a reference, a whole address, or a name give or take a letter."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Case, Q, QuerySet, When

from core.crypto.index import blind_index
from core.database.planning import by_look_up
from courses.models import Attendee, Booking, Customer
from courses.models.booking import PlaceState
from courses.models.customer import EMAIL_INDEX

PREFIX = "RFT-"
NAMESAKES_MAX = 500


def is_reference(term: str) -> bool:
    return term.upper().startswith(PREFIX)


def bookings(term: str) -> QuerySet[Booking]:
    """The bookings that a term means; for a name at most NAMESAKES_MAX, the newest."""
    found = Booking.objects.all()
    if is_reference(term):
        return found.filter(reference__startswith=term.upper())
    if "@" in term:
        return found.filter(customer__email_index=blind_index(term, EMAIL_INDEX))
    return found.filter(pk__in=of_name(term))


def spelt_first(found: QuerySet[Booking], term: str) -> QuerySet[Booking]:
    """Those whose customer is spelt as it was typed, then the newest."""
    spelt = Customer.objects.spelt_so(term)
    return found.order_by(Case(When(Q(customer__in=spelt), then=0), default=1), "-created_at")


def of_name(term: str, limit: int = NAMESAKES_MAX) -> list[UUID]:
    """Bookings that somebody of this name made or comes with, the newest first."""
    made = Booking.objects.filter(customer__in=Customer.objects.named(term).values("pk"))
    comes = Attendee.objects.named(term).values_list("booking_id")
    ids = made.values_list("pk").union(comes).order_by("-id")
    if not _is_name(term):
        return []
    with by_look_up():
        return [key for (key,) in ids[:limit]]


def attendees(term: str) -> QuerySet[Attendee]:
    """People of this name who have a place, those spelt so first."""
    keys = []
    if _is_name(term):
        with by_look_up():
            found = Attendee.objects.named(term).filter(state=PlaceState.ACTIVE)
            keys = list(found.order_by("-pk").values_list("pk", flat=True)[:NAMESAKES_MAX])
    people = Attendee.objects.filter(pk__in=keys).spelt_first(term)
    return people.select_related("booking__session__course", "booking__session__venue")


def _is_name(term: str) -> bool:
    return "@" not in term and not is_reference(term) and any(map(str.isalpha, term))
