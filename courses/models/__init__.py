"""What can be booked, and who holds a place."""

from courses.models.booking import Attendee, Booking, BookingTransition
from courses.models.catalog import CancellationPolicy, Course, CourseSession, SessionDay, Venue
from courses.models.customer import Customer
from courses.models.states import BookingStatus, PlaceState, SessionState

__all__ = [
    "Attendee",
    "Booking",
    "BookingStatus",
    "BookingTransition",
    "CancellationPolicy",
    "Course",
    "CourseSession",
    "Customer",
    "PlaceState",
    "SessionDay",
    "SessionState",
    "Venue",
]
