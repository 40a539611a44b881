"""What can be booked, and who holds a place."""

from courses.models.after import Notice, NoticeKind, Rating
from courses.models.booking import Attendance, Attendee, Booking, BookingTransition
from courses.models.catalog import CancellationPolicy, Course, CourseSession, SessionDay, Venue
from courses.models.customer import Customer
from courses.models.enquiry import WorkplaceEnquiry
from courses.models.move import Move, MoveTransition
from courses.models.sign_in import SignIn
from courses.models.states import (
    BookingStatus,
    DayMark,
    MoveStatus,
    PlaceState,
    Result,
    SessionState,
    WaitingStatus,
)
from courses.models.waiting import WaitingListEntry, WaitingListEntryTransition
from courses.models.wish import DatesWish, DatesWishTold

__all__ = [
    "Attendance",
    "Attendee",
    "Booking",
    "BookingStatus",
    "BookingTransition",
    "CancellationPolicy",
    "Course",
    "CourseSession",
    "Customer",
    "DatesWish",
    "DatesWishTold",
    "DayMark",
    "Move",
    "MoveStatus",
    "MoveTransition",
    "Notice",
    "NoticeKind",
    "PlaceState",
    "Rating",
    "Result",
    "SessionDay",
    "SessionState",
    "SignIn",
    "Venue",
    "WaitingListEntry",
    "WaitingListEntryTransition",
    "WaitingStatus",
    "WorkplaceEnquiry",
]
