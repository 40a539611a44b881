"""How a case ended, as far as the money has moved: told while it moves, and never as done before it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import formats
from core.crypto.fields import readable
from core.money import Money
from fraud.selectors import ReviewCase
from payments.admin.reviews import words
from payments.models import Payment, PaymentStatus

_P = PaymentStatus
MOVING = (_P.AUTHORISED, _P.CAPTURING, _P.UNKNOWN, _P.IN_FLIGHT, _P.PROCESSING)


@dataclass(frozen=True, slots=True)
class Ending:
    """`moving`: the saga is still at it, ask again. `refundable`: the money was taken."""

    heading: str
    detail: str
    tone: str
    moving: bool = False
    refundable: bool = False
    reason: str = ""
    note: str = ""


def of(
    case: ReviewCase, payment: Payment, names: dict[str, str], now: datetime
) -> Ending | None:  # fmt: skip
    """None while it waits for a person."""
    if case.state == "open":
        return None
    told = {"approved": _approved, "declined": _declined, "lapsed": _lapsed}.get(
        case.state, _withdrawn
    )
    amount = formats.money(Money(case.amount_minor, case.currency))
    heading = f"Already {_standing(case, names, now)}"
    return told(heading, amount, payment, case, now)


def _standing(case: ReviewCase, names: dict[str, str], now: datetime) -> str:
    said = words.standing(case, names, now)
    return said[:1].lower() + said[1:]


def _approved(
    heading: str, amount: str, payment: Payment, case: ReviewCase, _now: datetime
) -> Ending:  # fmt: skip
    said = _reason(case)
    if payment.status == _P.SUCCEEDED:
        back = (
            f" {formats.money(payment.refunded)} has gone back since."
            if payment.refunded_minor
            else ""
        )
        detail = f"{amount} was taken and the booking is confirmed.{back}"
        return Ending(heading, detail, "ok", refundable=payment.refundable.minor > 0, **said)
    if payment.status in MOVING:
        return Ending(
            "Taking the money…",
            f"The bank is asked for {amount}. The customer is told when it is done.",
            "info",
            moving=True,
            **said,
        )
    detail = "The bank didn’t release the money. The customer has been asked to pay again."
    return Ending(heading, detail, "bad", **said)


def _declined(
    heading: str, amount: str, payment: Payment, case: ReviewCase, _now: datetime
) -> Ending:  # fmt: skip
    said = _reason(case)
    if payment.status in MOVING:
        return Ending(
            "Releasing the money…",
            f"{amount} is being released and the places freed.",
            "info",
            moving=True,
            **said,
        )
    detail = f"{amount} was released, nothing was taken. The customer has been told."
    return Ending(heading, detail, "bad", **said)


def _lapsed(
    _heading: str, amount: str, payment: Payment, case: ReviewCase, now: datetime
) -> Ending:  # fmt: skip
    limit = words.moment(case.hard_limit_at, now)
    heading = "Nobody decided in time"
    if payment.status in MOVING:
        detail = f"It counts as declined since {limit}. {amount} is being released."
        return Ending(heading, detail, "bad", moving=True)
    detail = f"It counts as declined since {limit}. {amount} was released and the customer has been told."
    return Ending(heading, detail, "bad")


def _withdrawn(
    _heading: str, amount: str, payment: Payment, case: ReviewCase, now: datetime
) -> Ending:  # fmt: skip
    at = words.moment(case.decided_at or now, now)
    if payment.failure_code == "lapsed" or payment.status in MOVING:
        detail = f"The bank let the money go at {at}, so this counts as declined. The customer has been told."
        return Ending("The authorisation ended", detail, "bad", moving=payment.status in MOVING)
    return Ending("The booking was cancelled", f"Nothing is left to decide since {at}.", "info")


def _reason(case: ReviewCase) -> dict[str, Any]:
    return {"reason": words.reason(case), "note": readable(case, "note")}
