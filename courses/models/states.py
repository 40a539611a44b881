"""The state machines of courses: one table of (state, action) -> state for each, and nothing else.

Whatever is not in a table is refused. The models call ``after``; nobody else sets a status.
"""

from django.db.models import TextChoices

from core.errors import Conflict


class WrongState(Conflict):
    code = "wrong_state"
    detail = "This can’t be done any more. Reload the page to see where things stand."


class MovedMeanwhile(Conflict):
    """Another hand moved the row since it was read: read it again."""

    code = "moved_meanwhile"
    detail = "Somebody else changed this at the same moment. Reload the page."


class BookingStatus(TextChoices):
    HELD = "held", "Held"
    PAYING = "paying", "Paying"
    UNDER_REVIEW = "under_review", "Being checked"
    CONFIRMED = "confirmed", "Confirmed"
    EXPIRED = "expired", "Expired"
    CANCELLED = "cancelled", "Cancelled"


class SessionState(TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    CANCELLED = "cancelled", "Cancelled"
    COMPLETED = "completed", "Completed"


class PlaceState(TextChoices):
    ACTIVE = "active", "Active"
    CANCELLED = "cancelled", "Cancelled"


# The bookings whose places are taken. A held one is counted until its hold is expired, which
# placing a hold does first, so that the database's trigger can count by state alone.
TAKES_PLACES = (
    BookingStatus.HELD,
    BookingStatus.PAYING,
    BookingStatus.UNDER_REVIEW,
    BookingStatus.CONFIRMED,
)

BOOKING = {
    (BookingStatus.HELD, "extend"): BookingStatus.HELD,
    (BookingStatus.HELD, "begin_payment"): BookingStatus.PAYING,
    (BookingStatus.HELD, "confirm"): BookingStatus.CONFIRMED,
    (BookingStatus.HELD, "expire"): BookingStatus.EXPIRED,
    (BookingStatus.HELD, "cancel"): BookingStatus.CANCELLED,
    (BookingStatus.PAYING, "fail_payment"): BookingStatus.HELD,
    (BookingStatus.PAYING, "expire_payment"): BookingStatus.EXPIRED,
    (BookingStatus.PAYING, "review"): BookingStatus.UNDER_REVIEW,
    (BookingStatus.PAYING, "confirm"): BookingStatus.CONFIRMED,
    (BookingStatus.PAYING, "release"): BookingStatus.CANCELLED,
    (BookingStatus.UNDER_REVIEW, "fail_payment"): BookingStatus.HELD,
    (BookingStatus.UNDER_REVIEW, "confirm"): BookingStatus.CONFIRMED,
    (BookingStatus.UNDER_REVIEW, "release"): BookingStatus.CANCELLED,
    (BookingStatus.EXPIRED, "renew"): BookingStatus.HELD,
    (BookingStatus.EXPIRED, "review"): BookingStatus.UNDER_REVIEW,
    (BookingStatus.EXPIRED, "confirm"): BookingStatus.CONFIRMED,
    (BookingStatus.CONFIRMED, "cancel_places"): BookingStatus.CONFIRMED,
    (BookingStatus.CONFIRMED, "cancel"): BookingStatus.CANCELLED,
}

SESSION = {
    (SessionState.SCHEDULED, "cancel"): SessionState.CANCELLED,
    (SessionState.SCHEDULED, "complete"): SessionState.COMPLETED,
}

PLACE = {
    (PlaceState.ACTIVE, "cancel"): PlaceState.CANCELLED,
}


def after(machine: dict, state: str, action: str) -> str:
    """The state that the action leads to; raises WrongState where the table has no cell."""
    try:
        return machine[(state, action)]
    except KeyError:
        raise WrongState(state=str(state), action=action) from None
