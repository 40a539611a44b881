"""Sales and refunds as the other apps leave them, for papers to be made of."""

import datetime as dt
from typing import Any

from core.ids import uuid7
from core.money import Money
from courses.models import CourseSession
from courses.services.bookings import CustomerDetails
from payments.models import Payment, Refund
from tests.courses.make import NOW, make_confirmed, make_session

COMPANY = CustomerDetails(
    name="Anna Kowalska",
    email="anna@example.com",
    company="Example Joinery Ltd",
    purchase_order="PO-20417",
    address="14 Mill Lane\nHuddersfield",
    postcode="HD1 2AB",
)


def make_sale(
    *, places: int = 2, customer: CustomerDetails = COMPANY, at: dt.datetime = NOW, **rest: Any
) -> Payment:
    """A confirmed booking whose payment was taken."""
    session = (
        rest.pop("session", None) or CourseSession.objects.first() or make_session(capacity=40)
    )
    booking = make_confirmed(session, places=places, customer=customer, now=at)
    payment = Payment.begin(
        booking_id=booking.pk,
        amount=Money(booking.total_minor),
        confirmation_token=f"ctoken_{uuid7()}",
        address="198.51.100.7",
        device={},
        now=at,
    )
    payment.send(now=at)
    payment.authorise(
        now=at, gateway_id=f"pi_{payment.pk}", charge_id=f"ch_{payment.pk}",
        card_brand="visa", card_last4="4242",
    )  # fmt: skip
    payment.capture(now=at)
    payment.succeed(captured_minor=payment.amount_minor, cause="captured", now=at)
    return payment


def make_refund(
    payment: Payment, *, amount_minor: int, at: dt.datetime = NOW, retry_of: Refund | None = None
) -> Refund:
    """Money that went back."""
    Payment.objects.filter(pk=payment.pk).update(
        refunded_minor=payment.refunded_minor + amount_minor
    )
    payment.refresh_from_db()
    refund = Refund.ask(
        payment=payment, amount=Money(amount_minor), reason="goodwill", note="",
        cancels_places=False, actor="staff:1", now=at, retry_of=retry_of,
    )  # fmt: skip
    refund.approve(actor="staff:1", cause="within limits", now=at)
    refund.send(now=at)
    refund.succeed(gateway_id=f"re_{refund.pk}", now=at)
    return refund
