"""What courses does when something has happened. Each may come twice and late: a repeat changes nothing."""

from core import clock
from courses import emails, selectors
from courses.events import BookingConfirmed
from courses.models import BookingStatus


def mail_confirmation(event: BookingConfirmed) -> None:
    """The customer's confirmation, and joining instructions to each attendee who has an address.

    A booking that was cancelled before its mail went out is not confirmed to anybody.
    """
    booking = selectors.booking(event.booking_id)
    if booking.status != BookingStatus.CONFIRMED:
        return
    now = clock.now()
    emails.confirmation(booking=booking, now=now)
    for attendee in booking.attendees.all():
        if attendee.is_active and attendee.email:
            emails.joining(booking=booking, attendee=attendee, now=now)
