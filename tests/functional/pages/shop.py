"""A small shop to look at: four courses in five towns, dates for four months, and bookings in every state."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import clock
from core.crypto.index import keyed_digest
from courses.models import Booking, Course, CourseSession, Rating
from courses.services import bookings, rating
from courses.services.bookings import CustomerDetails
from fraud.services import assessments, reviews
from payments.models import Payment
from payments.services import session_cancelling
from tests.courses.make import make_course, make_ready, make_session, make_venue
from tests.fraud.builders import subject

ROOT = Path(__file__).parents[3]
BROWSER = "p" * 32
RATING_LINK = "r" * 32
TOWNS = {
    "leeds": ("Leeds", "LS1 1AA", "53.79", "-1.54"),
    "york": ("York", "YO1 7AA", "53.96", "-1.08"),
    "sheffield": ("Sheffield", "S1 2AA", "53.38", "-1.47"),
    "bradford": ("Bradford", "BD1 1AA", "53.794", "-1.752"),
    "hull": ("Hull", "HU1 1AA", "53.745", "-0.337"),
}
WORDS: dict[str, Any] = {
    "summary": "The one-day course that makes someone your workplace’s emergency first aider.",
    "guidance": "It covers the syllabus in the Health and Safety Executive’s guidance.",
    "outcomes": ["Take charge and call for help", "Give CPR and use a defibrillator"],
    "programme": [
        {"day": 1, "time": "9am", "title": "Arrive and sign in", "text": "Bring photo ID."},
        {"day": 1, "time": "9.15am", "title": "Morning session", "text": "CPR practice."},
    ],
    "bring": ["Photo ID"],
    "questions": [
        {"question": "Do people need to get down on the floor?", "answer": "CPR is on the floor."},
        {"question": "Can I change the person?", "answer": "Yes, call us."},
    ],
}
COMPANY = CustomerDetails(
    name="Ada Example",
    email="office@example.com",
    company="Example Joinery Ltd",
    purchase_order="PO-20417",
    address="1 Example Street\nLeeds",
    postcode="LS1 1AA",
)


@dataclass(frozen=True)
class Shop:
    """The rows that a test starts from."""

    course: Course
    three_days: Course
    requalification: Course
    sessions: list[CourseSession]
    now: dt.datetime
    turns: Iterator[int] = field(default_factory=itertools.count)

    def date(self) -> CourseSession:
        """A one-day date with room, the next one each time it is asked."""
        days = [each for each in self.sessions if each.course_id == self.course.pk]
        return [each for each in days if each.capacity > 3][next(self.turns) % 12]


def open_shop() -> Shop:
    now = clock.now()
    one_day = make_course(position=1, **WORDS)
    three_days = make_course(
        "first-aid-at-work", title="First Aid at Work", days=3, hours=18, price_minor=27000,
        position=2, **WORDS,
    )  # fmt: skip
    again = make_course(
        "first-aid-at-work-requalification", title="First Aid at Work requalification", days=2,
        hours=12, price_minor=18000, position=3, requires_certificate=True, **WORDS,
    )  # fmt: skip
    make_course("paediatric-first-aid", title="Paediatric First Aid", days=2, position=4, **WORDS)
    venues = [
        make_venue(
            slug, name=f"{town} training room", town=town, postcode=postcode, latitude=north,
            longitude=east, address=f"1 Example Yard, {town}",
        )
        for slug, (town, postcode, north, east) in TOWNS.items()
    ]  # fmt: skip
    courses = [one_day, one_day, three_days, again]
    sessions = [
        make_session(
            course=courses[number % 4],
            venue=venues[number % 5],
            on=now.date() + dt.timedelta(days=20 + 3 * number),
            days=courses[number % 4].days,
            capacity=3 if number == 4 else 12,
        )
        for number in range(28)
    ]
    bookings.hold(session_id=sessions[4].pk, places=3, browser="f" * 32, now=now)
    return Shop(one_day, three_days, again, sessions, now)


def held(shop: Shop, *, places: int = 2) -> Booking:
    """Held, nothing typed yet."""
    return bookings.hold(session_id=shop.date().pk, places=places, browser=BROWSER, now=clock.now())


def ready(shop: Shop, *, places: int = 2) -> Booking:
    """Held by our browser, details given."""
    return make_ready(
        shop.date(), places=places, customer=COMPANY, browser=BROWSER, now=clock.now()
    )


def ended(shop: Shop) -> Booking:
    """Its hold ended an hour ago; the places are still free."""
    then = clock.now() - dt.timedelta(hours=1)
    booking = make_ready(shop.date(), places=2, customer=COMPANY, browser=BROWSER, now=then)
    bookings.expire_due(now=clock.now())
    return booking


def gone(shop: Shop) -> Booking:
    """Its hold ended, and others took the places."""
    session = make_session(
        course=shop.course, venue=shop.sessions[0].venue, capacity=2,
        on=shop.now.date() + dt.timedelta(days=19),
    )  # fmt: skip
    then = clock.now() - dt.timedelta(hours=1)
    booking = make_ready(session, places=2, customer=COMPANY, browser=BROWSER, now=then)
    bookings.expire_due(now=clock.now())
    bookings.hold(session_id=session.pk, places=2, browser="g" * 32, now=clock.now())
    return booking


def free(shop: Shop) -> Booking:
    """A course that costs nothing."""
    course = make_course("taster", title="Taster", price_minor=0, position=9, **WORDS)
    session = make_session(course=course, on=shop.now.date() + dt.timedelta(days=40))
    return make_ready(session, customer=COMPANY, browser=BROWSER, now=clock.now())


def attempt(booking: Booking, *, now: dt.datetime | None = None, name: str = "one") -> Payment:
    """A payment under way."""
    moment = now or clock.now()
    bookings.begin_payment(booking_id=booking.pk, now=clock.now())
    payment = Payment.begin(
        booking_id=booking.pk,
        amount=booking.total,
        confirmation_token=f"ctoken_{name}_{booking.pk.hex}",
        address="192.0.2.7",
        device={},
        now=moment,
    )
    payment.send(now=moment)
    return payment


def paying(shop: Shop, *, seconds_ago: int = 0) -> Booking:
    booking = ready(shop)
    attempt(booking, now=clock.now() - dt.timedelta(seconds=seconds_ago))
    return booking


def unknown(shop: Shop) -> Booking:
    booking = ready(shop)
    later = clock.now() + dt.timedelta(minutes=1)
    attempt(booking).lose_sight(cause="timeout", due_at=later, now=clock.now())
    return booking


def approving(shop: Shop) -> Booking:
    booking = ready(shop)
    attempt(booking).require_action(
        now=clock.now(), gateway_id=f"pi_{booking.pk.hex}", client_secret="pi_1_secret_2"
    )
    return booking


def failed(shop: Shop, *, times: int = 1) -> Booking:
    booking = ready(shop)
    for number in range(times):
        payment = attempt(booking, name=str(number))
        payment.fail(
            cause="declined",
            now=clock.now(),
            decline_code="insufficient_funds",
            failure_code="card_declined",
        )
        bookings.payment_failed(booking_id=booking.pk, cause="card_declined", now=clock.now())
    return booking


def closed(shop: Shop) -> Booking:
    return failed(shop, times=5)


def taken(booking: Booking) -> Payment:
    payment = attempt(booking)
    payment.authorise(
        now=clock.now(),
        gateway_id=f"pi_{booking.pk.hex}",
        charge_id=f"ch_{booking.pk.hex}",
        card_brand="visa",
        card_last4="4242",
    )
    payment.capture(now=clock.now())
    payment.succeed(captured_minor=payment.amount_minor, cause="captured", now=clock.now())
    return payment


def confirmed(shop: Shop) -> Booking:
    booking = ready(shop)
    taken(booking)
    return bookings.confirm(booking_id=booking.pk, now=clock.now())


def called_off(shop: Shop) -> Booking:
    """We cancelled its date, and it has not chosen yet."""
    booking, now = confirmed(shop), clock.now()
    session_cancelling.begin(
        session_id=booking.session_id, reason="too_few", note="", actor="staff:1", now=now
    )
    session_cancelling.settle_due(clock=lambda: now)
    return booking


def cancelled(shop: Shop) -> Booking:
    booking = confirmed(shop)
    bookings.cancel(
        booking_id=booking.pk, attendee_ids=None, cause="customer", actor="office", now=clock.now()
    )
    return booking


def under_review(shop: Shop) -> Booking:
    booking = ready(shop)
    payment = attempt(booking)
    payment.authorise(
        now=clock.now(), gateway_id=f"pi_{booking.pk.hex}", charge_id=f"ch_{booking.pk.hex}"
    )
    bookings.put_under_review(booking_id=booking.pk, now=clock.now())
    judged = assessments.assess(subject=subject(payment_id=str(payment.pk)), now=clock.now())
    reviews.open(
        payment_id=payment.pk,
        assessment_id=judged.pk,
        booking_reference=booking.reference,
        amount_minor=booking.total_minor,
        promise_at=clock.now() + dt.timedelta(hours=2),
        hard_limit_at=clock.now() + dt.timedelta(days=3),
        now=clock.now(),
    )
    return booking


def not_confirmed(shop: Shop) -> Booking:
    booking = under_review(shop)
    payment = Payment.objects.get(booking=booking)
    payment.cancel(cause="review declined", now=clock.now())
    bookings.release(booking_id=booking.pk, cause="review declined", now=clock.now())
    return booking


def blocked(shop: Shop) -> Booking:
    booking = ready(shop)
    bookings.begin_payment(booking_id=booking.pk, now=clock.now())
    payment = Payment.begin(
        booking_id=booking.pk, amount=booking.total, address="192.0.2.7", device={},
        confirmation_token=f"ctoken_blocked_{booking.pk.hex}", now=clock.now(),
    )  # fmt: skip
    payment.block(now=clock.now())
    bookings.release(booking_id=booking.pk, cause="blocked", now=clock.now())
    return booking


def paid_too_late(shop: Shop) -> Booking:
    """The money came after the last place went, and went back."""
    booking = ready(shop)
    payment = taken(booking)
    bookings.payment_abandoned(
        booking_id=booking.pk, cause="late", now=clock.now() + dt.timedelta(hours=1)
    )
    Payment.objects.filter(pk=payment.pk).update(refunded_minor=payment.captured_minor)
    return booking


def rated(shop: Shop) -> str:
    """Where an attendee says how it was."""
    attendee = confirmed(shop).attendees.get(position=1)
    Rating.objects.create(
        attendee=attendee,
        session_id=attendee.booking.session_id,
        link_digest=keyed_digest(RATING_LINK, purpose=rating.LINK),
    )
    return f"/rating/{RATING_LINK}/"


MAKERS: dict[str, Callable[[Shop], Booking]] = {
    "details": held,
    "details-filled": ready,
    "expired": ended,
    "expired-gone": gone,
    "pay": ready,
    "pay-free": free,
    "pay-failed": failed,
    "pay-closed": closed,
    "approve": approving,
    "status-waiting": paying,
    "status-slow": lambda shop: paying(shop, seconds_ago=65),
    "status-unknown": unknown,
    "status-checking": under_review,
    "status-not-confirmed": not_confirmed,
    "status-refused": blocked,
    "status-full": paid_too_late,
    "status-confirmed": confirmed,
    "status-cancelled": cancelled,
    "booking": confirmed,
    "booking-cancelled": cancelled,
    "emails": confirmed,
    "move": confirmed,
    "choosing": called_off,
}
PLACE = {
    "details": "details/",
    "expired": "details/",
    "pay": "pay/",
    "approve": "pay/",
    "status": "status/",
    "booking": "",
    "emails": "emails/",
    "move": "move/",
    "choosing": "choose/",
}
PLAIN = {
    "catalogue": "/",
    "catalogue-near": "/?near=Leeds&distance=10",
    "catalogue-lost": "/?near=Atlantis",
    "catalogue-empty": "/?near=Whitby&distance=10",
    "course": "/courses/emergency-first-aid-at-work/",
    "course-days": "/courses/first-aid-at-work/?town=Leeds",
    "course-requalification": "/courses/first-aid-at-work-requalification/?all=1",
    "course-no-dates": "/courses/paediatric-first-aid/",
    "my-bookings": "/my-bookings/",
    "help": "/help/",
    "workplace": "/workplace/",
    "new-dates": "/new-dates/?course=paediatric-first-aid",
    "new-dates-sent": "/new-dates/?sent",
    "workplace-sent": "/workplace/?sent",
    "cancelling": "/cancelling/",
    "privacy": "/privacy/",
    "terms": "/terms/",
    "accessibility": "/accessibility/",
    "not-found": "/no-such-page/",
    "lost-booking": f"/bookings/{'x' * 32}/",
}


def address_of(name: str, shop: Shop) -> str:
    """The address of a page in the state that its name says, made for it."""
    if name == "choose":
        return f"/sessions/{shop.sessions[0].pk}/book/"
    if name == "waiting-list":
        return f"/sessions/{shop.sessions[4].pk}/waiting-list/"
    if name == "rating":
        return rated(shop)
    if name in PLAIN:
        return PLAIN[name]
    booking = MAKERS[name](shop)
    return f"/bookings/{booking.token}/{PLACE[name.split('-', maxsplit=1)[0]]}"


EVERY_STATE = ["choose", "waiting-list", "rating", *PLAIN, *MAKERS]
STATUS_OF = {"not-found": 404, "lost-booking": 404}
