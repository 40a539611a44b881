"""The state machines of courses: one table of (state, action) -> state for each, and nothing else.

Whatever is not in a table is refused. The models call ``after``; nobody else sets a status.
"""

from django.db.models import TextChoices

from core.errors import Conflict


class WrongState(Conflict):
    code = "wrong_state"
    out_of_order = True
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


class MoveStatus(TextChoices):
    OPEN = "open", "Waiting to be paid"
    PAYING = "paying", "Paying"
    UNDER_REVIEW = "under_review", "Being checked"
    DONE = "done", "Moved"
    EXPIRED = "expired", "Expired"
    CANCELLED = "cancelled", "Cancelled"


class WaitingStatus(TextChoices):
    WAITING = "waiting", "Waiting"
    OFFERED = "offered", "Places offered"
    TAKEN = "taken", "Booked"
    LAPSED = "lapsed", "Offer ran out"
    LEFT = "left", "Left the list"


class PlaceState(TextChoices):
    ACTIVE = "active", "Active"
    CANCELLED = "cancelled", "Cancelled"


class DayMark(TextChoices):
    EXPECTED = "expected", "Expected"
    PRESENT = "present", "Present"
    LEFT_EARLY = "left_early", "Left early"
    ABSENT = "absent", "Absent"


class Result(TextChoices):
    OPEN = "open", "Not decided"
    PASSED = "passed", "Passed"
    NOT_YET = "not_yet", "Not yet"


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
    (BookingStatus.CONFIRMED, "move"): BookingStatus.CONFIRMED,
}

# A move that is not done keeps its places on the date that it goes to.
MOVE_IS_BEING_PAID = (MoveStatus.PAYING, MoveStatus.UNDER_REVIEW)
MOVE_TAKES_PLACES = (MoveStatus.OPEN, *MOVE_IS_BEING_PAID)

MOVE = {
    (MoveStatus.OPEN, "complete"): MoveStatus.DONE,
    (MoveStatus.OPEN, "begin_payment"): MoveStatus.PAYING,
    (MoveStatus.OPEN, "expire"): MoveStatus.EXPIRED,
    (MoveStatus.OPEN, "cancel"): MoveStatus.CANCELLED,
    (MoveStatus.PAYING, "fail_payment"): MoveStatus.OPEN,
    (MoveStatus.PAYING, "review"): MoveStatus.UNDER_REVIEW,
    (MoveStatus.PAYING, "complete"): MoveStatus.DONE,
    (MoveStatus.PAYING, "expire"): MoveStatus.EXPIRED,
    (MoveStatus.UNDER_REVIEW, "complete"): MoveStatus.DONE,
    (MoveStatus.UNDER_REVIEW, "cancel"): MoveStatus.CANCELLED,
}

WAITING = {
    (WaitingStatus.WAITING, "offer"): WaitingStatus.OFFERED,
    (WaitingStatus.WAITING, "leave"): WaitingStatus.LEFT,
    (WaitingStatus.OFFERED, "take"): WaitingStatus.TAKEN,
    (WaitingStatus.OFFERED, "lapse"): WaitingStatus.LAPSED,
    (WaitingStatus.OFFERED, "leave"): WaitingStatus.LEFT,
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
