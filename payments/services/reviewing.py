"""Handing a payment to a person, and what that does to its booking."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.errors import Invalid
from core.outbox.events import publish
from courses.selectors import Booking
from fraud import selectors as fraud
from fraud.selectors import ReviewCase
from fraud.services import outcomes, reviews
from payments import policy
from payments.events import PaymentUnderReview, ReviewPostponed
from payments.models import Payment
from payments.services import also_block, owed

# What a decision says of who paid. A duplicate, or a customer whom nobody reached, says nothing of it.
LABELS = {
    ("approve", "spoke_to_customer"): "genuine",
    ("approve", "known_organisation"): "genuine",
    ("approve", "score_wrong"): "genuine",
    ("decline", "stolen_or_tested_card"): "fraud",
}


@transaction.atomic
def open(
    *, payment: Payment, booking: Booking, assessment_id: UUID, hard_limit_at: datetime,
    now: datetime,
) -> ReviewCase:  # fmt: skip
    """The place is kept, the case opened and the customer told, together; raises PlacesSoldOut.

    A repeat after a crash finds the case and tells nobody again.
    """
    owed.put_under_review(payment, now=now)
    case = reviews.open(
        payment_id=payment.id,
        assessment_id=assessment_id,
        booking_reference=booking.reference,
        amount_minor=payment.amount_minor,
        promise_at=policy.review_promise(now),
        hard_limit_at=hard_limit_at,
        now=now,
    )
    if case.opened_at != now:
        return case
    publish(
        PaymentUnderReview(
            payment_id=str(payment.id),
            booking_id=str(booking.id),
            promise_at=case.promise_at.isoformat(),
            at=now.isoformat(),
        ),
        now=now,
    )
    return case


def lapse(case: ReviewCase, *, now: datetime) -> ReviewCase:
    """The hard limit has passed: close it now rather than at the clock's next round."""
    reviews.lapse_due(now=now)
    return fraud.case(case.id)


@transaction.atomic
def decide(
    *, case_id: UUID | str, decision: str, reason: str, note: str = "", block: Sequence[str] = (),
    may_block: bool = False, actor: str, now: datetime,
) -> ReviewCase:  # fmt: skip
    """Approves or declines once; what a declined payment came with may go on the list, all or nothing.

    `may_block`: the caller asked, and this person may change the list; else `block` raises NotYoursToBlock.
    What the person found out is kept as a label. The saga hears of it after the commit.
    """
    if block and not may_block:
        raise also_block.NotYoursToBlock
    case = reviews.decide(
        case_id=case_id, decision=decision, reason=reason, note=note, actor=actor, now=now
    )
    label = LABELS.get((decision, reason))
    if label:
        outcomes.record(payment_id=case.payment_id, kind=label, now=now)
    if block:
        _block(case, decision, list(block), actor, now)
    return case


def _block(case: ReviewCase, decision: str, kinds: list[str], actor: str, now: datetime) -> None:
    if decision != "decline":
        raise Invalid(fields={"block": ["Only what is declined can be blocked too."]})
    words = reviews.REASONS["decline"][case.reason]
    also_block.block(
        payment=Payment.objects.get(pk=case.payment_id),
        kinds=kinds,
        reason=f"Declined {case.booking_reference} in review: {words}",
        actor=actor,
        now=now,
    )


@transaction.atomic
def ask_to_call(*, case_id: UUID | str, actor: str, now: datetime) -> ReviewCase:
    """The customer is asked to call and gets a day for it, together; once."""
    case = reviews.ask_to_call(case_id=case_id, actor=actor, now=now)
    return _tell_postponed(case, "asked_to_call", now)


@transaction.atomic
def hold(*, case_id: UUID | str, actor: str, now: datetime) -> ReviewCase:
    """Decided a day later, and the customer is told until when."""
    case = reviews.hold(case_id=case_id, actor=actor, now=now)
    return _tell_postponed(case, "held", now)


def _tell_postponed(case: ReviewCase, why: str, now: datetime) -> ReviewCase:
    payment = Payment.objects.only("booking_id").get(pk=case.payment_id)
    publish(
        ReviewPostponed(
            case_id=str(case.id),
            payment_id=str(payment.id),
            booking_id=str(payment.booking_id),
            why=why,
            promise_at=case.promise_at.isoformat(),
            at=now.isoformat(),
        ),
        now=now,
    )
    return case
