"""What happened, oldest first: tries before this one, the booking, the bank, the score, the office."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core import formats
from core.crypto.fields import readable
from courses import selectors as courses
from courses.selectors import Booking
from fraud.selectors import ReviewCase
from payments.admin.reviews import words
from payments.admin.reviews.links import Linked
from payments.models import Payment, PaymentTransition

EARLIER_MAX = 4
EARLIER_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    said: str
    detail: str = ""
    icon: str = "circle"
    tone: str = ""
    actor: str = ""


def of(
    *, case: ReviewCase, payment: Payment, booking: Booking, tries: list[Linked]
) -> list[Happening]:  # fmt: skip
    rows = [
        *_earlier(case, tries, booking),
        *_booking(booking, payment),
        *_payments(booking, payment),
        *_case(case),
    ]
    return sorted(rows, key=lambda each: each.at)


def with_names(rows: list[Happening], names: dict[str, str]) -> list[Happening]:
    """The same with who did it, where a colleague did."""
    return [
        replace(each, detail=" · ".join(part for part in (each.detail, _by(each, names)) if part))
        for each in rows
    ]


def _by(row: Happening, names: dict[str, str]) -> str:
    return f"by {names[row.actor]}" if row.actor.startswith("staff:") else ""


def _earlier(case: ReviewCase, tries: list[Linked], booking: Booking) -> list[Happening]:
    """The tries of the day before that share something; of this booking's own, its payments tell."""
    since = case.opened_at - EARLIER_WITHIN
    found = [
        each
        for each in tries
        if since <= each.attempt.assessed_at <= case.opened_at
        and each.reference not in ("", booking.reference)
    ]
    return [_other_try(each) for each in found[:EARLIER_MAX]]


def _other_try(each: Linked) -> Happening:
    attempt = each.attempt
    card = f"Card ending {attempt.card_last4}" if attempt.card_last4 else "A card"
    kinds = {"card": "same card", "device": "same device", "address": "same connection"}
    shares = ", ".join(kinds.get(kind, "same email") for kind in attempt.shares)
    if each.tone == "bad":
        said = f"Booking {each.reference} {each.became[:1].lower()}{each.became[1:]}, score {attempt.score}"
        return Happening(attempt.assessed_at, said, f"{card}, {shares}", "x", "bad")
    if each.became == "Card declined":
        said = f"{card} refused by its bank"
        detail = f"Booking {each.reference} not completed, {shares}"
        return Happening(attempt.assessed_at, said, detail, "x", "bad")
    said = f"Booking {each.reference}: {each.became.lower()}"
    return Happening(attempt.assessed_at, said, f"{card}, {shares}", "ticket", "")


def _booking(booking: Booking, payment: Payment) -> list[Happening]:
    words_of = {
        "hold": (f"{formats.counted(booking.places, 'place')} held", "ticket", ""),
        "confirm": ("Booking confirmed, the customer is told", "check", "ok"),
        "release": ("Places back on sale", "ticket", ""),
        "cancel": ("Booking cancelled", "x", "bad"),
    }
    rows = [
        Happening(row.at, words_of[row.action][0], "", *words_of[row.action][1:])
        for row in courses.history(booking_id=booking.pk)
        if row.action in words_of
    ]
    if booking.details_at:
        device = readable(payment, "device")
        seconds = device.get("seconds_on_form") if isinstance(device, dict) else None
        quickly = f" in {formats.counted(seconds, 'second')}" if type(seconds) is int else ""
        rows.append(Happening(booking.details_at, f"Details entered{quickly}", "", "pencil"))
    return rows


def _payments(booking: Booking, payment: Payment) -> list[Happening]:
    """What the bank said of each card that was tried for this booking."""
    steps = PaymentTransition.objects.filter(payment__booking_id=booking.pk).select_related(
        "payment"
    )
    return [row for step in steps for row in _step(step)]


def _step(step: Any) -> list[Happening]:
    payment = step.payment
    amount = formats.money(payment.amount)
    card = f"Card ending {payment.card_last4}" if payment.card_last4 else "The card"
    match step.to_status:
        case "authorised":
            said = f"{card} authorised for {amount}"
            return [Happening(step.at, said, _liability(payment), "check", "ok")]
        case "failed":
            detail = (payment.decline_code or payment.failure_code).replace("_", " ").capitalize()
            return [Happening(step.at, f"{card} refused by its bank", detail, "x", "bad")]
        case "succeeded":
            return [Happening(step.at, f"{amount} taken", "", "check", "ok")]
        case "cancelled" | "lapsed" if step.from_status not in ("created",):
            return [Happening(step.at, f"{amount} released, nothing taken", "", "undo-2", "")]
    return []


def _liability(payment: Payment) -> str:
    if payment.three_d_secure in words.BANK_BEARS:
        return "3-D Secure passed, so the bank would bear the loss"
    said, _ = words.three_d_secure(payment.three_d_secure)
    return f"3-D Secure: {said.lower()}, so the loss would be ours"


def _case(case: ReviewCase) -> list[Happening]:
    told = "Customer sees “We’re checking your booking”"
    rows = []
    for step in case.transitions.order_by("at", "id"):
        if not step.from_state:
            said = f"Stopped for review, score {case.assessment.score}"
            rows.append(Happening(step.at, said, told, "shield-alert", "warn"))
        elif step.to_state == "open":
            said = words.CAUSES.get(step.cause, step.cause)
            rows.append(Happening(step.at, said, "", "phone", "", step.actor))
        else:
            tone = "ok" if step.to_state == "approved" else "bad"
            icon = "check" if tone == "ok" else "x"
            said = f"{case.get_state_display()}: {words.reason(case)}"
            said = said if case.reason else case.get_state_display()
            rows.append(Happening(step.at, said, "", icon, tone, step.actor))
    return rows
