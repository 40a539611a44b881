"""What our own records say about a disputed payment: a checklist for whoever answers, and the words for the bank.

Nothing is sent from here: a person reads it, changes it, and decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from core import formats
from core.crypto.fields import readable
from core.mail import selectors as mail
from core.mail.models import Message, MessageState
from core.money import Money
from courses import policy
from courses import selectors as courses
from courses import selectors_rosters as rosters
from courses.selectors import Booking
from payments import selectors
from payments.models import Dispute, Payment
from payments.selectors import GONE_BACK

MAILS = {
    "courses.confirmation": "Confirmation",
    "courses.joining": "Joining instructions",
    "invoicing.invoice": "Invoice",
}
SECURE = {
    "authenticated": "The cardholder was identified by their own bank (3-D Secure).",
    "attempt_acknowledged": "3-D Secure was asked for; the cardholder’s bank does not take part in it.",
    "exempted": "The cardholder’s bank did without 3-D Secure.",
}
CAME = ("present", "left_early")
NOT_ASKED = "3-D Secure was not asked for."


@dataclass(frozen=True)
class Fact:
    """One line of the checklist; `found` is whether our records speak for us."""

    title: str
    words: str
    found: bool


@dataclass(frozen=True)
class Gathered:
    facts: tuple[Fact, ...]
    words: dict[str, str]


def gather(dispute: Dispute, *, now: datetime) -> Gathered:
    payment = dispute.payment
    booking = courses.booking(payment.booking_id)
    sent = [
        each for each in mail.messages_about(f"courses.booking:{booking.pk}") if each.kind in MAILS
    ]
    facts = (
        _booked(booking),
        *_mailed(sent),
        _attended(booking, now),
        Fact("3-D Secure", _secure(payment), payment.three_d_secure == "authenticated"),
        Fact("Terms shown", _terms(booking), found=True),
        _given_back(payment),
    )
    return Gathered(facts, _words(payment, booking, sent, facts))


def _words(
    payment: Payment, booking: Booking, sent: list[Message], facts: tuple[Fact, ...]
) -> dict[str, str]:
    """By the names that the bank's form has."""
    customer, course = booking.customer, booking.session.course
    address = [readable(customer, "address"), readable(customer, "postcode")] if customer else []
    return {
        "customer_name": readable(customer, "name") if customer else "",
        "customer_email_address": readable(customer, "email") if customer else "",
        "billing_address": ", ".join(part for part in address if part),
        "customer_purchase_ip": readable(payment, "address"),
        "product_description": (
            f"{course.title}: {formats.counted(booking.places, 'place')} on a first aid course in a"
            f" classroom at {_venue(booking)}. Booked as {booking.reference} on"
            f" {formats.long_date(booking.created_at)} for {formats.money(payment.captured)}."
        ),
        "service_date": ", ".join(formats.plain_date(day) for day in _days(booking)),
        "cancellation_policy_disclosure": _terms(booking),
        "access_activity_log": "\n".join(_log(booking, sent)),
        "uncategorized_text": "\n".join(
            f"{fact.title}: {fact.words}" for fact in facts if fact.found
        ),
    }


def _booked(booking: Booking) -> Fact:
    if booking.confirmed_at is None:
        return Fact("Booking", "It was never confirmed.", found=False)
    people = [readable(each, "name") for each in booking.attendees.all() if each.is_active]
    names = ", ".join(name for name in people if name)
    words = f"{booking.reference}, confirmed on {_moment(booking.confirmed_at)}"
    return Fact("Booking", f"{words}, for {names}." if names else f"{words}.", found=True)


def _mailed(sent: list[Message]) -> Iterator[Fact]:
    """A mail that the receiving server took counts; one that waits or was refused doesn't."""
    for kind, title in MAILS.items():
        at = [each.sent_at for each in sent if each.kind == kind and each.sent_at]
        if at:
            times = formats.counted(len(at), "time")
            words = f"Taken by the customer’s mail server {times}, first on {_moment(min(at))}."
            yield Fact(title, words, found=True)
        else:
            yield Fact(title, "Not delivered.", found=False)


def _attended(booking: Booking, now: datetime) -> Fact:
    if now < booking.session.starts_at:
        return Fact("Attendance", f"The course is on {_first_day(booking)}.", found=False)
    people = rosters.roster(session_id=booking.session_id, now=now).people
    marked = [
        (each.name or each.reference, day)
        for each in people
        if each.booking_id == booking.pk
        for day in each.days
        if day.marked_at is not None
    ]
    if not marked:
        return Fact("Attendance", "Nothing is recorded. Ask the trainer.", found=False)
    lines = [
        f"{name} on {formats.plain_date(day.date)}: {day.words.lower()}" for name, day in marked
    ]
    came = any(day.mark in CAME for _, day in marked)
    return Fact("Attendance", f"Marked in the training room. {'; '.join(lines)}.", found=came)


def _given_back(payment: Payment) -> Fact:
    back = [each for each in selectors.refunds_of(payment.booking_id) if each.status in GONE_BACK]
    back = [each for each in back if each.payment_id == payment.id]
    if not back:
        return Fact("Given back", "Nothing.", found=False)
    total = Money.total((each.amount for each in back), payment.currency)
    words = f"{formats.money(total)}, last on {_moment(max(each.changed_at for each in back))}."
    return Fact("Given back", words, found=True)


def _secure(payment: Payment) -> str:
    return SECURE.get(payment.three_d_secure) or (
        payment.three_d_secure.replace("_", " ").capitalize() or NOT_ASKED
    )


def _terms(booking: Booking) -> str:
    """What was shown beside the price, and kept with the booking."""
    tiers = policy.dates(booking.policy, booking.session.starts_at)
    lines = [
        f"until {formats.plain_date(tier.until)} {policy.share_words(tier)} comes back"
        for tier in tiers
        if tier.until
    ]
    shown = "; ".join([*lines, "after that nothing"])
    return f"Shown beside the price before payment: who cancels {shown}."


def _log(booking: Booking, sent: list[Message]) -> list[str]:
    steps = [
        (step.at, step.action.replace("_", " ")) for step in courses.history(booking_id=booking.pk)
    ]
    steps += [
        (each.sent_at, f"{MAILS[each.kind].lower()} mailed")
        for each in sent
        if each.state == MessageState.SENT and each.sent_at
    ]
    return [f"{_moment(at)}: {words}" for at, words in sorted(steps)]


def _days(booking: Booking) -> list[date]:
    return sorted(day.date for day in booking.session.days.all())


def _first_day(booking: Booking) -> str:
    return formats.plain_date(booking.session.starts_at)


def _venue(booking: Booking) -> str:
    venue = booking.session.venue
    return ", ".join(part for part in (venue.name, venue.town, venue.postcode) if part)


def _moment(at: datetime) -> str:
    return f"{formats.plain_date(at)}, {formats.clock_time(at)}"
