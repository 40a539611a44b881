"""How bookings, people and dates are found from the search of the back office."""

from collections.abc import Iterable

from django.db.models import Q

from core import clock, formats
from core.backoffice import finding, navigation
from core.backoffice.finding import Found
from core.crypto.fields import readable
from core.crypto.index import blind_index
from courses import selectors_finding
from courses.models import CourseSession, WaitingListEntry
from courses.models.customer import EMAIL_INDEX


def bookings(term: str, limit: int) -> Iterable[Found]:
    found = selectors_finding.bookings(term).select_related(
        "customer", "session__course", "session__venue"
    )
    for each in selectors_finding.spelt_first(found, term)[:limit]:
        name = readable(each.customer, "name") if each.customer else ""
        yield Found(
            title=f"{each.reference} {name}".strip(),
            detail=f"{each.get_status_display()}, {_date(each.session)}",
            url=navigation.row_url("courses.booking", each.pk),
            icon="confirmation_number",
        )


def people(term: str, limit: int) -> Iterable[Found]:
    for each in selectors_finding.attendees(term)[:limit]:
        yield Found(
            title=readable(each, "name"),
            detail=f"Has a place in {each.booking.reference}, {_date(each.booking.session)}",
            url=navigation.row_url("courses.booking", each.booking_id),
            icon="person",
        )


def waiting(term: str, limit: int) -> Iterable[Found]:
    """Who waits for a full date, by their whole address: the newest wish first."""
    if "@" not in term:
        return
    found = WaitingListEntry.objects.filter(email_index=blind_index(term, EMAIL_INDEX))
    rows = found.select_related("session__course", "session__venue").order_by("-created_at", "-pk")
    for each in rows[:limit]:
        yield Found(
            title=readable(each, "name"),
            detail=f"{each.get_status_display()}, {_date(each.session)}",
            url=navigation.row_url("courses.waitinglistentry", each.pk),
            icon="hourglass_empty",
        )


def sessions(term: str, limit: int) -> Iterable[Found]:
    """Dates to come, by course, town or trainer."""
    asked = Q(course__title__icontains=term) | Q(venue__town__icontains=term)
    found = CourseSession.objects.filter(
        asked | Q(trainer__icontains=term), ends_at__gt=clock.now()
    )
    for each in found.select_related("course", "venue").order_by("starts_at", "id")[:limit]:
        yield Found(
            title=each.course.title,
            detail=_date(each),
            url=navigation.row_url("courses.coursesession", each.pk),
            icon="calendar_month",
        )


def _date(session: CourseSession) -> str:
    return f"{formats.plain_date(session.starts_at)}, {session.venue.town}"


finding.add(10, "Bookings", "courses.view_booking", bookings)
finding.add(20, "People with a place", "courses.view_booking", people)
finding.add(25, "Waiting list", "courses.view_waitinglistentry", waiting)
finding.add(50, "Dates to come", "courses.view_coursesession", sessions)
