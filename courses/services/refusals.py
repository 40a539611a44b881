"""What the services of courses refuse, in the words that the customer reads."""

from core.errors import Conflict, Gone, Invalid, TooMany, Unavailable
from courses.models.states import WrongState
from courses.selectors import BookingNotFound, SessionNotFound

__all__ = [
    "AlreadyPaid",
    "BookingNotFound",
    "Busy",
    "DetailsClosed",
    "DetailsMissing",
    "ExtensionsUsedUp",
    "HoldExpired",
    "PaymentInProgress",
    "PlacesSoldOut",
    "RenewalsUsedUp",
    "SellingStopped",
    "SessionNotFound",
    "SessionNotOpen",
    "TooManyHolds",
    "WrongState",
    "required",
]


def required(field: str, words: str) -> Invalid:
    """What is missing in one field."""
    return Invalid(fields={field: [words]})


class SessionNotOpen(Conflict):
    code = "session_not_open"
    detail = "That date can’t be booked any more. Choose another date."


class SellingStopped(Unavailable):
    code = "selling_stopped"
    detail = (
        "We’re not taking new bookings online right now. Bookings already made are safe. "
        "Try again later, or call us."
    )


class PlacesSoldOut(Conflict):
    """More places were asked for than are left; ``extra["places_left"]`` says how many are."""

    code = "sold_out"
    detail = "The last place has just gone. Choose another date."

    def __init__(self, *, places_left: int) -> None:
        super().__init__(_only_some_left(places_left), places_left=places_left)


class TooManyHolds(TooMany):
    code = "too_many_holds"
    detail = (
        "You already have as many places held as one person can. "
        "Pay for them first, or wait until they go back on sale."
    )


class HoldExpired(Gone):
    code = "hold_expired"
    detail = "Your places went back on sale. Everything you typed is kept."


class ExtensionsUsedUp(Conflict):
    code = "extensions_used_up"
    detail = "Your places can’t be held any longer. Pay before the time runs out."


class RenewalsUsedUp(Conflict):
    code = "renewals_used_up"
    detail = "These places can’t be held again. Start a new booking."


class DetailsMissing(Conflict):
    code = "details_missing"
    out_of_order = True
    detail = "Some details are missing."


class DetailsClosed(Conflict):
    code = "details_closed"
    detail = "These details can’t be changed now."


class PaymentInProgress(Conflict):
    code = "payment_in_progress"
    detail = "A payment for this booking is under way."


class AlreadyPaid(Conflict):
    code = "already_paid"
    detail = "This booking is already paid."


class Busy(Unavailable):
    """Too many people want the same date at once: the wait for its lock was cut off, nothing was done."""

    code = "busy"
    detail = "Many people are booking this date right now. Try again."

    def __init__(self) -> None:
        super().__init__(retry_after=1)


def _only_some_left(places_left: int) -> str | None:
    if places_left <= 0:
        return None
    if places_left == 1:
        return "Only 1 place is left on this date. Choose 1, or another date."
    return (
        f"Only {places_left} places are left on this date. Choose {places_left}, or another date."
    )
