"""What courses does when something has happened. Each may come twice and late: a repeat changes nothing."""

from core import clock
from courses import emails, selectors, selectors_moves
from courses.events import BookingConfirmed, BookingMoved, WaitingListChanged, WorkplaceEnquiryMade
from courses.models import BookingStatus, WaitingListEntry, WorkplaceEnquiry


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


def mail_enquiry(event: WorkplaceEnquiryMade) -> None:
    """To the office; what was forgotten meanwhile is told to nobody."""
    enquiry = WorkplaceEnquiry.objects.filter(pk=event.enquiry_id).first()
    if enquiry is not None:
        emails.workplace_enquiry(enquiry=enquiry, now=clock.now())


def mail_moved(event: BookingMoved) -> None:
    """The new date to the customer, and joining instructions again to each attendee who has an address.

    Not of a booking that was cancelled or moved on before its mail went out.
    """
    move = selectors_moves.move(event.move_id)
    booking = selectors.booking(event.booking_id)
    if booking.status != BookingStatus.CONFIRMED or booking.session_id != move.to_session_id:
        return
    now = clock.now()
    emails.moved(booking=booking, move=move, now=now)
    for attendee in booking.attendees.all():
        if attendee.is_active and attendee.email:
            emails.joining(booking=booking, attendee=attendee, occasion=str(move.pk), now=now)


def mail_waiting_list(event: WaitingListChanged) -> None:
    """Not of what has changed again before the mail went out."""
    entries = WaitingListEntry.objects.select_related(
        "session__course", "session__venue", "booking"
    )
    entry = entries.get(pk=event.entry_id)
    if entry.status == {"joined": "waiting"}.get(event.what, event.what):
        emails.waiting_list(entry=entry, what=event.what, now=clock.now())
