"""A case like the ones that the office sees: a tested card, countries that don't agree, tries before it."""

from datetime import timedelta
from typing import Any

from core import clock
from core.ids import uuid7
from core.sagas.models import SagaRun
from courses.models import Booking
from fraud.models import Assessment
from fraud.selectors import ReviewCase
from payments.models import Payment
from payments.services import reviewing
from tests.courses.make import make_ready
from tests.payments import make

READINGS = (
    ("base", 5, "", "Every payment starts at 5"),
    ("declines_device", 22, "Three different cards in 29 minutes", "Endings 0341 and 8810 refused, 4242 authorised."),
    ("countries_apart", 16, "Countries don’t agree", "The card is from Canada, the connection is in the Netherlands, the course is in the United Kingdom"),
    ("network", 14, "Not a home or office connection", "The connection comes from a data centre, not from a home or office"),
    ("places_first", 12, "12 places on a first booking", "First bookings usually have 1 to 3"),
    ("email_new", 8, "Email domain registered 9 days ago", ""),
    ("attendees_shared", 5, "All 12 attendees share one email address", ""),
    ("cvc", -10, "Security code matches", "Checked by the card’s bank"),
)  # fmt: skip
KEYS = {"card": "c" * 64, "device": "d" * 64, "address": "a" * 64, "email": "e" * 64}
HOSTED_IN_THE_NETHERLANDS = "5.79.64.10"


def case(*, places: int = 12) -> ReviewCase:
    """Booked a few hours ago by a company, stopped with 72."""
    now = clock.now()
    started = now - timedelta(hours=1)
    _earlier("0341", "blocked", now - timedelta(minutes=95), score=86)
    _earlier("8810", "failed", now - timedelta(minutes=83), score=31, card="8" * 64)
    booking = _booking(places, now)
    payment = _payment(booking, "4242", started)
    payment.send(now=started)
    payment.authorise(now=started + timedelta(seconds=4), authorised_until=now + timedelta(days=6))
    SagaRun.objects.filter(subject_id=payment.pk).update(data={"billing_country": "GB"})
    judged = _assessment(payment, 72, KEYS, "4242", started)
    Booking.objects.filter(pk=booking.pk).update(status="paying")
    return reviewing.open(
        payment=payment,
        booking=booking,
        assessment_id=judged.pk,
        hard_limit_at=now + timedelta(days=5),
        now=started + timedelta(seconds=5),
    )


def _booking(places: int, now: Any) -> Booking:
    session = make.session(now=now, capacity=24)
    return make_ready(session, now=now - timedelta(hours=1, minutes=3), places=places)


def _payment(booking: Booking, last4: str, at: Any) -> Payment:
    payment = Payment.begin(
        booking_id=booking.pk,
        amount=booking.total,
        confirmation_token=f"ctoken_{uuid7().hex}",
        address=HOSTED_IN_THE_NETHERLANDS,
        device={"seconds_on_form": 41},
        now=at,
    )
    payment.learn(
        gateway_id=f"pi_{uuid7().hex}", card_brand="mastercard", card_last4=last4,
        card_country="CA", three_d_secure="not_supported",
    )  # fmt: skip
    return payment


def _earlier(last4: str, ended: str, at: Any, *, score: int, card: str = "3" * 64) -> None:
    payment = _payment(_booking(6, at), last4, at)
    if ended == "blocked":
        payment.block(now=at)
    else:
        payment.send(now=at)
        payment.fail(cause="card_declined", now=at, decline_code="insufficient_funds")
    _assessment(payment, score, {**KEYS, "card": card}, last4, at)


def _assessment(
    payment: Payment, score: int, keys: dict[str, str], last4: str, at: Any
) -> Assessment:
    return Assessment.objects.create(
        payment_id=payment.pk,
        stage="after",
        score=score,
        band="high" if score > 80 else "medium" if score >= 40 else "low",
        three_d_secure=True,
        readings=[
            {"signal": name, "value": None, "points": points, "evidence": said or title, "title": title if said else ""}
            for name, points, title, said in READINGS
        ],
        thresholds={"three_d_secure_from": 25, "review_from": 40, "block_above": 80},
        rule_version="v12",
        keys=keys,
        card={
            "brand": "mastercard", "country": "CA", "funding": "credit", "last4": last4,
            "cvc_check": "pass", "postcode_check": "unavailable", "risk_score": 61,
            "risk_level": "elevated",
        },
        amount_minor=payment.amount_minor,
        currency="GBP",
        places=12,
        course="emergency-first-aid-at-work",
        assessed_at=at,
    )  # fmt: skip
