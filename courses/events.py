"""What happened to a booking, for whoever cares. Ids and plain values only."""

from dataclasses import dataclass
from typing import ClassVar

from core.outbox.events import Event


@dataclass(frozen=True)
class BookingHeld(Event):
    name: ClassVar[str] = "courses.booking_held"
    version: ClassVar[int] = 1

    booking_id: str
    at: str


@dataclass(frozen=True)
class BookingExpired(Event):
    name: ClassVar[str] = "courses.booking_expired"
    version: ClassVar[int] = 1

    booking_id: str
    at: str


@dataclass(frozen=True)
class BookingPutUnderReview(Event):
    name: ClassVar[str] = "courses.booking_put_under_review"
    version: ClassVar[int] = 1

    booking_id: str
    at: str


@dataclass(frozen=True)
class BookingConfirmed(Event):
    name: ClassVar[str] = "courses.booking_confirmed"
    version: ClassVar[int] = 1

    booking_id: str
    at: str


@dataclass(frozen=True)
class BookingReleased(Event):
    """Its places went back on sale because it could not be confirmed."""

    name: ClassVar[str] = "courses.booking_released"
    version: ClassVar[int] = 1

    booking_id: str
    cause: str
    at: str


@dataclass(frozen=True)
class BookingCancelled(Event):
    """Some or all places of a confirmed booking were given up: ``places`` says how many."""

    name: ClassVar[str] = "courses.booking_cancelled"
    version: ClassVar[int] = 1

    booking_id: str
    cause: str
    places: int
    at: str


@dataclass(frozen=True)
class WorkplaceEnquiryMade(Event):
    name: ClassVar[str] = "courses.workplace_enquiry_made"
    version: ClassVar[int] = 1

    enquiry_id: str
    at: str


@dataclass(frozen=True)
class WaitingListChanged(Event):
    """`what` became of somebody's wish: joined, offered or lapsed."""

    name: ClassVar[str] = "courses.waiting_list_changed"
    version: ClassVar[int] = 1

    entry_id: str
    what: str
    at: str


@dataclass(frozen=True)
class BookingMoved(Event):
    """A confirmed booking is on another date now."""

    name: ClassVar[str] = "courses.booking_moved"
    version: ClassVar[int] = 1

    booking_id: str
    move_id: str
    at: str
