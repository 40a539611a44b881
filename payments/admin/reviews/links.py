"""Other bookings that share a card, device, connection or mailbox with this one: for the eye and as a table."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from core import formats
from courses.selectors import Booking
from fraud.selectors import ReviewCase
from fraud.services import linked_tries
from fraud.services.linked_tries import LinkedTry
from payments.admin.reviews import drawings, words
from payments.models import Payment

SHARED = {
    "device": "Same device",
    "address": "Same connection",
    "email": "Same email",
    "card": "Same card",
}
ROWS_MAX = 12


@dataclass(frozen=True, slots=True)
class Linked:
    """A try with the payment and booking it belongs to, if those are still known."""

    attempt: LinkedTry
    payment: Payment | None
    became: str
    tone: str

    @property
    def reference(self) -> str:
        return self.payment.booking.reference if self.payment else ""

    @property
    def bad(self) -> bool:
        return self.tone == "bad"


def of(*, case: ReviewCase, now: datetime) -> list[Linked]:
    """The newest first, in three queries."""
    tries = linked_tries.linked(assessment=case.assessment, now=now)
    payments = (
        Payment.objects.filter(pk__in=[each.payment_id for each in tries])
        .select_related("booking")
        .prefetch_related("disputes")
        .defer("client_secret", "address", "device", "card_facts")
        .in_bulk()
    )
    return [
        Linked(each, found, *words.became(found))
        for each in tries
        for found in [payments.get(each.payment_id)]
    ]


def drawn(
    tries: list[Linked], case: ReviewCase, booking: Booking, payment: Payment, now: datetime
) -> dict[str, Any]:
    others = [each for each in tries if each.reference not in ("", booking.reference)]
    return {
        "map": drawings.link_map(
            booking.reference, _branches(others, now), _cards(tries, payment, now)
        )
        if tries
        else None,
        "said": _said(others),
        "rows": [_row(each, now) for each in tries[:ROWS_MAX]],
        "more": max(len(tries) - ROWS_MAX, 0),
    }


def _branches(others: list[Linked], now: datetime) -> list[drawings.Branch]:
    """Each booking hangs on the first thing that it shares, so that it is drawn once."""
    shown: set[str] = set()
    branches = []
    for kind, title in SHARED.items():
        sharing = [each for each in others if kind in each.attempt.shares]
        if not sharing:
            continue
        fresh = [each for each in sharing if each.reference not in shown]
        leaves = [_leaf(each, now) for each in sorted(fresh, key=lambda each: not each.bad)]
        leaves = leaves[: drawings.LEAVES_MAX]
        shown |= {title for title, _, _ in leaves}
        note = formats.counted(len({each.reference for each in sharing}), "other booking")
        branches.append(drawings.Branch(title, note, leaves))
    return branches


def _leaf(each: Linked, now: datetime) -> tuple[str, str, bool]:
    when = words.ago(each.attempt.assessed_at, now).lower()
    return each.reference, f"{each.became.lower()} {when}", each.bad


def _cards(tries: list[Linked], payment: Payment, now: datetime) -> list[tuple[str, str, bool]]:
    cards = {payment.card_last4: ("this payment", False)}
    for each in tries:
        last4 = each.attempt.card_last4
        if last4 and last4 not in cards:
            when = words.moment(each.attempt.assessed_at, now)
            cards[last4] = (f"{each.became.lower()} {when}", each.tone in ("bad", "warn"))
    return [
        (f"Card ending {last4}" if last4 else "This card", note, bad)
        for last4, (note, bad) in cards.items()
    ]


def _said(others: list[Linked]) -> str:
    """The drawing in one sentence; the table under it has the same links."""
    if not others:
        return "Linked records. The table below lists the same links."
    bad = sum(each.bad for each in others)
    count = formats.counted(len(others), "other try", "other tries")
    return (
        f"Linked records. This booking shares something with {count}, {bad} of them declined or "
        "disputed. The table below lists the same links."
    )


def _row(each: Linked, now: datetime) -> dict[str, Any]:
    kinds = {"device": "device", "address": "connection", "email": "email", "card": "card"}
    shares = ", ".join(word for kind, word in kinds.items() if kind in each.attempt.shares)
    return {
        "reference": each.reference,
        "url": reverse("admin:payments_payment_change", args=[each.payment.pk])
        if each.payment
        else "",
        "shares": shares[:1].upper() + shares[1:],
        "became": each.became,
        "tone": each.tone,
        "when": words.moment(each.attempt.assessed_at, now),
        "amount": formats.money(each.attempt.amount_minor),
    }
