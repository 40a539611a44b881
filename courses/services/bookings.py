"""All that can be done to a booking: the table of contents. Each is one use case in one transaction."""

from courses.services.cancellations import cancel
from courses.services.details import AttendeeDetails, CustomerDetails, give_details
from courses.services.holds import (
    expire_due,
    extend,
    extensions_left,
    hold,
    renew,
    renewals_left,
)
from courses.services.outcomes import (
    begin_payment,
    confirm,
    payment_abandoned,
    payment_failed,
    put_under_review,
    release,
)
from courses.services.refusals import (
    AlreadyPaid,
    BookingNotFound,
    Busy,
    DetailsClosed,
    DetailsMissing,
    ExtensionsUsedUp,
    HoldExpired,
    PaymentInProgress,
    PlacesSoldOut,
    RenewalsUsedUp,
    SessionNotFound,
    SessionNotOpen,
    TooManyHolds,
    WrongState,
)

__all__ = [
    "AlreadyPaid",
    "AttendeeDetails",
    "BookingNotFound",
    "Busy",
    "CustomerDetails",
    "DetailsClosed",
    "DetailsMissing",
    "ExtensionsUsedUp",
    "HoldExpired",
    "PaymentInProgress",
    "PlacesSoldOut",
    "RenewalsUsedUp",
    "SessionNotFound",
    "SessionNotOpen",
    "TooManyHolds",
    "WrongState",
    "begin_payment",
    "cancel",
    "confirm",
    "expire_due",
    "extend",
    "extensions_left",
    "give_details",
    "hold",
    "payment_abandoned",
    "payment_failed",
    "put_under_review",
    "release",
    "renew",
    "renewals_left",
]
