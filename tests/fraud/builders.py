"""Subjects and history to judge, small and honest unless a test says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from core.ids import uuid7
from fraud.services import outcomes
from fraud.subject import CardFacts, Subject

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COURSE = "emergency-first-aid-at-work"
THROW_AWAY = "mailinator.com"


def subject(**changes: Any) -> Subject:
    """The plain first booking: one place, an everyday mailbox, nothing known of it."""
    values: dict[str, Any] = {
        "payment_id": str(uuid7()),
        "stage": "before",
        "amount_minor": 9600,
        "currency": "GBP",
        "places": 1,
        "course": COURSE,
        "starts_at": NOW + timedelta(days=21),
        "now": NOW,
        "email": "ann.smith@example.org",
        "address": "198.51.100.7",
        "device": "device-1",
    }
    values |= changes
    return Subject(**{"booking_id": f"booking of {values['payment_id']}"} | values)


def card(**changes: Any) -> CardFacts:
    values: dict[str, Any] = {
        "brand": "visa",
        "country": "GB",
        "funding": "debit",
        "last4": "4242",
        "fingerprint": "card-1",
        "cvc_check": "pass",
        "postcode_check": "pass",
        "risk_level": "normal",
        "risk_score": 12,
    }
    return CardFacts(**values | changes)


def earlier(count: int, *kinds: str, minutes_ago: int = 10, **changes: Any) -> list[UUID]:
    """`count` other payments of the same subject, each with its outcomes."""
    at = NOW - timedelta(minutes=minutes_ago)
    made = []
    for _ in range(count):
        one = subject(payment_id=str(uuid7()), **changes)
        for kind in kinds:
            outcomes.record(payment_id=one.payment_id, kind=kind, subject=one, now=at)
        made.append(UUID(one.payment_id))
    return made


def usual_payments(count: int = 20, **changes: Any) -> list[UUID]:
    """Payments by other people for the course, so that there is something usual."""
    made: list[UUID] = []
    for number in range(count):
        who = {"email": f"buyer{number}@example.net", "address": f"203.0.113.{number}"}
        made += earlier(1, "succeeded", minutes_ago=3000, **who | changes)
    return made
