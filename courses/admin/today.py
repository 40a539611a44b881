"""What training puts on Today: the sessions of the next fortnight, and bookings that came and went."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.backoffice import navigation, today
from courses.models import BookingStatus, BookingTransition, CourseSession, SessionState

AHEAD = timedelta(days=14)
ROWS = 12
WORDS = {
    BookingStatus.UNDER_REVIEW: ("waits for a decision", "warn", "gpp_maybe"),
    BookingStatus.CANCELLED: ("was cancelled", "", "cancel"),
}


def sessions(now: datetime) -> today.Panel:
    coming = (
        CourseSession.objects.filter(
            state=SessionState.SCHEDULED, starts_at__gt=now, starts_at__lte=now + AHEAD
        )
        .with_places(now)
        .with_places_in_review()
        .select_related("course", "venue")
        .order_by("starts_at", "id")[:ROWS]
    )
    return today.Panel(
        title="Sessions in the next 14 days",
        template="courses/admin/_sessions.html",
        context={"sessions": list(coming)},
        more_url=navigation.list_url("courses.coursesession"),
        more="All sessions",
    )


def happenings(limit: int) -> Iterable[today.Happening]:
    """Newest first by key: keys are made in time's order, so this reads a few rows of one index."""
    steps = BookingTransition.objects.filter(went_to__in=WORDS).select_related("booking")
    for step in steps.order_by("-id")[:limit]:
        words, tone, icon = WORDS[BookingStatus(step.went_to)]
        yield today.Happening(
            at=step.at,
            words=f"{step.booking.reference} {words}",
            url=navigation.row_url("courses.booking", step.booking_id),
            detail=step.cause.replace("_", " "),
            tone=tone,
            icon=icon,
        )


today.add_panel(10, "courses.view_coursesession", sessions)
today.add_happenings("courses.view_booking", happenings)
