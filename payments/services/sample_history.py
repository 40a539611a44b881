"""Payments and refunds of sample bookings, in bulk: for screens and benchmarks, never for a real shop.

They are rows only: the gateway has never heard of them, so nothing of them can be captured or refunded.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.database import bulk
from courses.services.sample_history import Sale
from fraud.services import sample_history as fraud
from fraud.subject import Subject
from payments.models import (
    LedgerEntry,
    LedgerMovement,
    MovementKind,
    Payment,
    PaymentTransition,
    Refund,
    RefundTransition,
)
from payments.models.ledger import digest
from payments.services.ledger import lines_of

CARDS = (("visa", "4242"), ("visa", "0341"), ("mastercard", "4444"), ("amex", "8431"))
Seal = Callable[[Any, Any], bytes]
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
MOVEMENT = ("id", "kind", "key", "source", "payment", "currency", "at", "recorded_at", "digest")
ENTRY = ("id", "movement", "account", "amount_minor")
LINE = ("id", "from_status", "to_status", "action", "actor", "cause", "trace_id", "at")


@dataclass(slots=True)
class PaidSale:
    """One sale with what collected it, and the refund that returned it if there was one."""

    sale: Sale
    payment_id: str
    card_brand: str
    card_last4: str
    address: str
    refund_id: str | None
    origin: str

    @property
    def is_taken(self) -> bool:
        return self.sale.ending != "blocked"

    @property
    def intent(self) -> str:
        return f"pi_{self.origin}_{self.payment_id}"

    @property
    def charge(self) -> str:
        return f"ch_{self.origin}_{self.payment_id}"

    @property
    def refund(self) -> str:
        return f"re_{self.origin}_{self.payment_id}"


def fill(*, sales: Sequence[Sale], seed: int = 1, origin: str = "sample") -> list[PaidSale]:
    """Writes the payments, refunds and judgements of these sales; returns those that took money.

    `origin` stands in the gateway's ids; what is of "sample" is never looked for at the gateway.
    """
    draw = random.Random(seed)  # noqa: S311  (dice for sample data, no secret)
    keys = bulk.ids()
    tried = [_paid(sale, keys, draw, origin) for sale in sales if sale.ending != "expired"]
    taken = [each for each in tried if each.is_taken]
    returned = [each for each in taken if each.refund_id]
    bulk.copy(Payment, PAYMENT, _payment_rows(tried))
    bulk.copy(
        PaymentTransition,
        (*LINE, "payment"),
        (row for each in tried for row in _history(each, keys)),
    )
    bulk.copy(Refund, REFUND, _refund_rows(returned))
    bulk.copy(
        RefundTransition,
        (*LINE, "refund"),
        (row for each in returned for row in _refund_history(each, keys)),
    )
    _book(taken, keys)
    fraud.fill(
        passed=[_subject(each) for each in taken],
        stopped=[_subject(each) for each in tried if not each.is_taken],
    )
    bulk.check_constraints()
    return taken


def _paid(sale: Sale, keys: Iterator[str], draw: random.Random, origin: str) -> PaidSale:
    brand, last4 = draw.choice(CARDS)
    return PaidSale(
        sale=sale,
        payment_id=next(keys),
        card_brand=brand,
        card_last4=last4,
        address=ADDRESS.format(draw.randrange(1, 255)),
        refund_id=next(keys) if sale.refunded_at else None,
        origin=origin,
    )


def _payment_rows(tried: Sequence[PaidSale]) -> Iterator[tuple[Any, ...]]:
    seals = tuple(
        bulk.sealer(Payment, name) for name in ("client_secret", "address", "device", "card_facts")
    )
    return (_payment_row(each, *seals) for each in tried)


def _payment_row(
    paid: PaidSale, secret: Seal, address: Seal, device: Seal, facts: Seal
) -> tuple[Any, ...]:
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
        f"ctoken_sample_{pk}",
        paid.intent if taken else None,
        paid.charge if taken else None,
        secret(pk, ""),
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
        address(pk, paid.address),
        device(pk, {}),
        facts(pk, {}),
        None,
        0,
        None,
        sale.paid_at - 5 * SECOND,
    )


def _history(paid: PaidSale, keys: Iterator[str]) -> Iterator[tuple[Any, ...]]:
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
    yield from _lines(steps, paid.payment_id, keys)


def _refund_rows(returned: Sequence[PaidSale]) -> Iterator[tuple[Any, ...]]:
    note = bulk.sealer(Refund, "note")
    return (_refund_row(each, note) for each in returned)


def _refund_row(paid: PaidSale, note: Seal) -> tuple[Any, ...]:
    pk, sale = paid.refund_id, paid.sale
    return (
        pk,
        "succeeded",
        sale.refunded_at,
        paid.payment_id,
        sale.line["gross_minor"],
        "GBP",
        "policy",
        note(pk, ""),
        False,
        True,
        "customer",
        f"refund-{pk}",
        paid.refund,
        "",
        None,
        0,
        None,
        sale.refunded_at,
    )


def _refund_history(paid: PaidSale, keys: Iterator[str]) -> Iterator[tuple[Any, ...]]:
    at = paid.sale.refunded_at
    steps = [
        ("begin", "requested", "customer", "policy", at),
        ("approve", "approved", "system", "within the limits", at),
        ("send", "in_flight", "system", "to the gateway", at),
        ("succeed", "succeeded", "gateway", "succeeded", at),
    ]
    yield from _lines(steps, paid.refund_id, keys)


def _book(taken: Sequence[PaidSale], keys: Iterator[str]) -> None:
    """What came in and what went back, as the ledger has it."""
    movements, entries = [], []
    for paid in taken:
        amount = paid.sale.line["gross_minor"]
        facts = [(MovementKind.CHARGE, paid.charge, amount, paid.sale.paid_at)]
        if paid.sale.refunded_at:
            at = paid.sale.refunded_at
            facts.append((MovementKind.REFUND, paid.refund, -amount, at))
        for kind, source, minor, at in facts:
            pk, key, lines = next(keys), f"{kind}:{source}", lines_of(kind, minor)
            said = digest(kind=kind, key=key, source=source, at=at, lines=lines)
            movements.append((pk, kind, key, source, paid.payment_id, "GBP", at, at, said))
            entries += [(next(keys), pk, line.account, line.amount_minor) for line in lines]
    bulk.copy(LedgerMovement, MOVEMENT, movements)
    bulk.copy(LedgerEntry, ENTRY, entries)


def _lines(steps: list[tuple], owner: str | None, keys: Iterator[str]) -> Iterator[tuple[Any, ...]]:
    before = ""
    for action, after, actor, cause, at in steps:
        yield (next(keys), before, after, action, actor, cause, "", at, owner)
        before = after


def _subject(paid: PaidSale) -> Subject:
    sale = paid.sale
    return Subject(
        payment_id=paid.payment_id,
        stage="before",
        amount_minor=sale.line["gross_minor"],
        currency="GBP",
        places=sale.places,
        course=sale.course,
        starts_at=sale.session.starts_at,
        now=sale.paid_at,
        email=sale.person.email,
        address=paid.address,
        booking_id=sale.booking_id,
    )
