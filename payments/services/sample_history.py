"""Payments and refunds of sample bookings, in bulk: for screens and benchmarks, never for a real shop.

They are rows only: the gateway has never heard of them, so nothing of them can be captured or refunded.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.database import bulk
from core.ids import uuid7
from courses.services.sample_history import Sale
from fraud.services import sample_history as fraud
from fraud.subject import Subject
from payments.models import Payment, PaymentTransition, Refund, RefundTransition

CARDS = (("visa", "4242"), ("visa", "0341"), ("mastercard", "4444"), ("amex", "8431"))
SECOND = dt.timedelta(seconds=1)
# TEST-NET-1: addresses that no one has.
ADDRESS = "192.0.2.{}"
PAYMENT = (
    "id", "status", "changed_at", "booking", "purpose", "amount_minor", "currency", "operation_id",
    "confirmation_token", "gateway_id", "charge_id", "client_secret", "card_brand", "card_last4",
    "card_country", "decline_code", "failure_code", "three_d_secure", "authorised_until",
    "captured_minor", "captured_at", "refunded_minor", "address", "device", "card_facts",
    "unknown_at", "checks", "absent_at", "created_at",
)  # fmt: skip
REFUND = (
    "id", "status", "changed_at", "payment", "amount_minor", "currency", "reason", "note",
    "external", "cancels_places", "requested_by", "operation_id", "gateway_id", "failure_code",
    "unknown_at", "checks", "absent_at", "created_at",
)  # fmt: skip
LINE = ("id", "from_status", "to_status", "action", "actor", "cause", "trace_id", "at")


@dataclass(slots=True)
class PaidSale:
    """One sale with what collected it, and the refund that returned it if there was one."""

    sale: Sale
    payment_id: UUID
    card_brand: str
    card_last4: str
    address: str
    refund_id: UUID | None

    @property
    def is_taken(self) -> bool:
        return self.sale.ending != "blocked"


def fill(*, sales: Sequence[Sale], seed: int = 1) -> list[PaidSale]:
    """Writes the payments, refunds and judgements of these sales; returns those that took money."""
    draw = random.Random(seed)  # noqa: S311  (dice for sample data, no secret)
    tried = [_paid(sale, draw) for sale in sales if sale.ending != "expired"]
    taken = [each for each in tried if each.is_taken]
    returned = [each for each in taken if each.refund_id]
    bulk.copy(Payment, PAYMENT, map(_payment_row, tried))
    bulk.copy(
        PaymentTransition, (*LINE, "payment"), (row for each in tried for row in _history(each))
    )
    bulk.copy(Refund, REFUND, map(_refund_row, returned))
    bulk.copy(
        RefundTransition,
        (*LINE, "refund"),
        (row for each in returned for row in _refund_history(each)),
    )
    fraud.fill(
        passed=[_subject(each) for each in taken],
        stopped=[_subject(each) for each in tried if not each.is_taken],
    )
    bulk.check_constraints()
    return taken


def _paid(sale: Sale, draw: random.Random) -> PaidSale:
    brand, last4 = draw.choice(CARDS)
    return PaidSale(
        sale=sale,
        payment_id=uuid7(),
        card_brand=brand,
        card_last4=last4,
        address=ADDRESS.format(draw.randrange(1, 255)),
        refund_id=uuid7() if sale.refunded_at else None,
    )


def _payment_row(paid: PaidSale) -> tuple[Any, ...]:
    sale, pk = paid.sale, paid.payment_id
    amount = sale.line["gross_minor"]
    taken = paid.is_taken
    return (
        pk,
        "succeeded" if taken else "blocked",
        sale.paid_at,
        sale.booking_id,
        "price",
        amount,
        "GBP",
        f"pay-{pk}",
        f"ctoken_sample_{pk.hex}",
        f"pi_sample_{pk.hex}" if taken else None,
        f"ch_sample_{pk.hex}" if taken else None,
        _sealed(Payment, "client_secret", pk, ""),
        paid.card_brand,
        paid.card_last4,
        "GB",
        "",
        "",
        "",
        None,
        amount if taken else 0,
        sale.paid_at if taken else None,
        amount if paid.refund_id else 0,
        _sealed(Payment, "address", pk, paid.address),
        _sealed(Payment, "device", pk, {}),
        _sealed(Payment, "card_facts", pk, {}),
        None,
        0,
        None,
        sale.paid_at - 5 * SECOND,
    )


def _history(paid: PaidSale) -> Iterator[tuple[Any, ...]]:
    end = paid.sale.paid_at
    steps = [("begin", "created", "customer", "pay", end - 5 * SECOND)]
    if paid.is_taken:
        steps += [
            ("send", "in_flight", "system", "to the gateway", end - 4 * SECOND),
            ("authorise", "authorised", "gateway", "authorised", end - 2 * SECOND),
            ("capture", "capturing", "system", "to the gateway", end - SECOND),
            ("succeed", "succeeded", "gateway", "captured", end),
        ]
    else:
        steps.append(("block", "blocked", "system", "risk", end))
    yield from _lines(steps, paid.payment_id)


def _refund_row(paid: PaidSale) -> tuple[Any, ...]:
    pk, sale = paid.refund_id, paid.sale
    return (
        pk,
        "succeeded",
        sale.refunded_at,
        paid.payment_id,
        sale.line["gross_minor"],
        "GBP",
        "policy",
        _sealed(Refund, "note", pk, ""),
        False,
        True,
        "customer",
        f"refund-{pk}",
        f"re_sample_{paid.payment_id.hex}",
        "",
        None,
        0,
        None,
        sale.refunded_at,
    )


def _refund_history(paid: PaidSale) -> Iterator[tuple[Any, ...]]:
    at = paid.sale.refunded_at
    steps = [
        ("begin", "requested", "customer", "policy", at),
        ("approve", "approved", "system", "within the limits", at),
        ("send", "in_flight", "system", "to the gateway", at),
        ("succeed", "succeeded", "gateway", "succeeded", at),
    ]
    yield from _lines(steps, paid.refund_id)


def _lines(steps: list[tuple], owner: UUID | None) -> Iterator[tuple[Any, ...]]:
    before = ""
    for action, after, actor, cause, at in steps:
        yield (uuid7(), before, after, action, actor, cause, "", at, owner)
        before = after


def _subject(paid: PaidSale) -> Subject:
    sale = paid.sale
    return Subject(
        payment_id=str(paid.payment_id),
        stage="before",
        amount_minor=sale.line["gross_minor"],
        currency="GBP",
        places=sale.places,
        course=sale.course,
        starts_at=sale.session.starts_at,
        now=sale.paid_at,
        email=sale.person.email,
        address=paid.address,
    )


def _sealed(model: type[Payment] | type[Refund], name: str, pk: Any, value: Any) -> bytes:
    return model._meta.get_field(name).sealed_for(pk, value).data
