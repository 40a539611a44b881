"""What fraud is asked to judge: the booking, who pays, and what is known of the card at that moment."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from fraud.subject import CardFacts, Subject, region_of
from payments.gateways.base import Charge, ConfirmationToken
from payments.models import Payment
from payments.services import in_hand

SECONDS_ON_FORM_MAX = 86_400


def before(payment: Payment, token: ConfirmationToken, *, now: datetime) -> Subject:
    """Before the card is asked: what the customer typed."""
    return _subject(
        payment,
        stage="before",
        card=CardFacts(**asdict(token.card)),
        billing_country=token.billing_country,
        billing_region=region_of(token.billing_state, token.billing_postcode),
        now=now,
    )


def after(payment: Payment, *, billing_country: str, billing_region: str, now: datetime) -> Subject:
    """After the bank answered: its checks, and the gateway's own score."""
    facts = payment.card_facts
    return _subject(
        payment,
        stage="after",
        card=CardFacts(**facts) if facts else None,
        billing_country=billing_country,
        billing_region=billing_region,
        now=now,
    )


def charged_card(charge: Charge) -> dict[str, Any]:
    """What the second judgement needs, to be kept with the payment until then."""
    return {
        **asdict(charge.card),
        "risk_score": charge.risk_score,
        "risk_level": charge.risk_level,
        "radar_outcome": charge.outcome,
    }


def _subject(
    payment: Payment,
    *,
    stage: str,
    card: CardFacts | None,
    billing_country: str,
    billing_region: str,
    now: datetime,
) -> Subject:
    booking = in_hand.booking(payment.booking_id)
    customer, device = booking.customer, payment.device
    assert customer is not None  # nobody pays without having said who they are
    subject = Subject(
        payment_id=str(payment.id),
        stage=stage,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        places=booking.places,
        course=booking.session.course.slug,
        starts_at=booking.session.starts_at,
        now=now,
        email=customer.email,
        attendee_emails=tuple(each.email for each in booking.attendees.all() if each.email),
        phone=customer.phone,
        address=payment.address,
        device=booking.browser,
        card=card,
        billing_country=billing_country,
        billing_region=billing_region,
        customer_id=str(booking.customer_id),
        booking_id=str(booking.id),
        seconds_on_form=_seconds(device.get("seconds_on_form")),
        fingerprint=str(device.get("fingerprint") or device.get("id") or ""),
        user_agent=str(device.get("user_agent") or ""),
        webdriver=_said(device.get("webdriver")),
        company=bool(customer.company),
    )
    in_hand.keep_subject(subject)
    return subject


def _seconds(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= SECONDS_ON_FORM_MAX else None


def _said(value: Any) -> bool | None:
    """None where the browser did not say."""
    return value if type(value) is bool else None
