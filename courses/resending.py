"""A booking's mails as its customer sees them: what was sent where, sent again, or somewhere else too.

A mail that says where and when is written anew, so that it tells the booking as it is; papers never change and are
sent as they were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from core.audit import services as audit
from core.errors import Conflict, Invalid, NotFound, TooMany
from core.ids import uuid7
from core.mail import selectors as mails
from core.mail import services as mail
from core.mail.models import Message, MessageState
from courses import emails, selectors
from courses.models import Attendee, Booking, BookingStatus
from courses.services import capacity
from courses.services.details import EMAIL_WORDS, is_email

CONFIRMATIONS = ("courses.confirmation", "courses.moved")
JOINING = ("courses.joining", "courses.reminder")
PAPERS = ("invoicing.invoice", "invoicing.credit_note")
AGAIN, ELSEWHERE = "again", "elsewhere"
ASKED_FOR = (
    Q(dedupe_key__contains=f":{AGAIN}-")
    | Q(dedupe_key__contains="#again-")
    | Q(dedupe_key__contains=f":{ELSEWHERE}-")
)
HOUR = dt.timedelta(hours=1)
STATES = {
    MessageState.SENT: "Sent",
    MessageState.DEAD: "We couldn’t deliver to that address. Check it.",
}


class MailNotFound(NotFound):
    code = "mail_not_found"
    detail = "We can’t find that email. Reload the page and try again."


class NotConfirmed(Conflict):
    code = "not_confirmed"
    detail = "This booking isn’t confirmed, so there is nothing to send."


class SentTooOften(TooMany):
    code = "sent_too_often"
    detail = "That’s several emails in an hour. Wait a little, or call us."


@dataclass(frozen=True)
class Mail:
    """One row of the list."""

    id: UUID
    subject: str
    to: str
    state: str
    at: dt.datetime
    is_undeliverable: bool
    may_go_again: bool


def sent(booking: Booking) -> list[Mail]:
    """What was mailed about this booking, newest first."""
    return [_row(booking, each) for each in reversed(mails.messages_about(_subject(booking)))]


def again(*, token: str, message_id: UUID, now: dt.datetime) -> None:
    """Raises MailNotFound, NotConfirmed, SentTooOften, and what mail refuses; then nothing is sent."""
    with capacity.bounded():
        booking = _locked(token, now)
        message = Message.objects.about(_subject(booking)).filter(pk=message_id).first()
        if message is None or not _may_go_again(booking, message):
            raise MailNotFound
        if message.kind in PAPERS:
            mail.resend(message_id=message.pk, actor="customer", now=now)
            return
        occasion = f"{AGAIN}-{uuid7()}"
        if message.kind in CONFIRMATIONS:
            emails.confirmation(booking=booking, occasion=occasion, now=now)
        for attendee in _attendees_at(booking, message.recipient):
            if message.kind in JOINING:
                emails.joining(booking=booking, attendee=attendee, occasion=occasion, now=now)
        _record(booking, "mail.again", now)


def elsewhere(*, token: str, email: str, now: dt.datetime) -> None:
    """The confirmation and the papers to another address, once; what follows goes where it always went.

    Raises Invalid, NotConfirmed, SentTooOften.
    """
    if not is_email(email):
        raise Invalid(fields={"email": [EMAIL_WORDS]})
    with capacity.bounded():
        booking = _locked(token, now)
        occasion = f"{ELSEWHERE}-{uuid7()}"
        emails.confirmation(booking=booking, to=email.strip(), occasion=occasion, now=now)
        for paper in _papers(booking):
            mail.forward(
                message_id=paper.pk, to=email.strip(), occasion=f"{paper.pk}:{occasion}",
                actor="customer", now=now,
            )  # fmt: skip
        _record(booking, "mail.elsewhere", now)


def _locked(token: str, now: dt.datetime) -> Booking:
    """One asks at a time, so that the limit can't be raced."""
    locked = capacity.lock_booking(Booking.objects.with_token(token))
    booking = selectors.booking(locked.pk)
    if booking.status != BookingStatus.CONFIRMED:
        raise NotConfirmed
    lately = Message.objects.about(_subject(booking)).filter(ASKED_FOR, created_at__gt=now - HOUR)
    # A copy of a paper goes with its confirmation, and is not counted by itself.
    asked = lately.exclude(kind__in=PAPERS, dedupe_key__contains=f":{ELSEWHERE}-").count()
    if asked >= settings.SENT_AGAIN_PER_HOUR:
        raise SentTooOften
    return booking


def _row(booking: Booking, message: Message) -> Mail:
    return Mail(
        id=message.pk,
        subject=message.subject,
        to=message.recipient,
        state=STATES.get(MessageState(message.state), "On its way"),
        at=message.sent_at or message.created_at,
        is_undeliverable=message.state == MessageState.DEAD,
        may_go_again=_may_go_again(booking, message),
    )


def _may_go_again(booking: Booking, message: Message) -> bool:
    """Not to who has no place any more, and not what is still on its way."""
    if booking.status != BookingStatus.CONFIRMED or message.state not in STATES:
        return False
    if message.kind in JOINING:
        return bool(_attendees_at(booking, message.recipient))
    is_theirs = booking.customer is not None and _same(booking.customer.email, message.recipient)
    return is_theirs and message.kind in (*CONFIRMATIONS, *PAPERS)


def _papers(booking: Booking) -> Sequence[Message]:
    """One of each: the first mail of a paper, not its copies."""
    papers = Message.objects.about(_subject(booking)).filter(kind__in=PAPERS)
    return list(papers.exclude(dedupe_key__contains="#").order_by("created_at"))


def _attendees_at(booking: Booking, address: str) -> list[Attendee]:
    return [
        each
        for each in booking.attendees.all()
        if each.is_active and each.email and _same(each.email, address)
    ]


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _subject(booking: Booking) -> str:
    return f"courses.booking:{booking.pk}"


def _record(booking: Booking, action: str, now: dt.datetime) -> None:
    audit.record(subject=_subject(booking), action=action, actor="customer", after={}, now=now)
