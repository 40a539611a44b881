"""What payments does when it hears of things. Each may come twice and late, and writes rows only."""

from datetime import datetime
from uuid import UUID

from core import clock
from core.backoffice import roles
from core.money import Money
from core.sagas import engine
from courses import selectors as courses
from fraud import selectors as fraud
from fraud.events import ReviewDecided, ReviewIsLate
from payments import emails, selectors
from payments.events import (
    LateMoneyReturned,
    PaymentDeclinedByReview,
    PaymentUnderReview,
    RefundSucceeded,
    ReviewPostponed,
    StrayMoneyReturned,
)
from payments.models import RefundReason
from payments.services import checkout, late_money


def resume_after_review(event: ReviewDecided) -> None:
    engine.resume(
        name=checkout.SAGA,
        subject_id=UUID(event.payment_id),
        cause=f"review: {event.decision}",
        now=datetime.fromisoformat(event.at),
    )


def mail_being_checked(event: PaymentUnderReview) -> None:
    """Not to somebody whose booking has been decided meanwhile."""
    booking = courses.booking(event.booking_id)
    if booking.status != "under_review":
        return
    emails.being_checked(
        booking=booking,
        payment=selectors.payment(event.payment_id),
        promise_at=datetime.fromisoformat(event.promise_at),
        now=clock.now(),
    )


def mail_postponed(event: ReviewPostponed) -> None:
    """Not to somebody whose booking has been decided meanwhile."""
    booking = courses.booking(event.booking_id)
    if booking.status != "under_review":
        return
    write = emails.please_call if event.why == "asked_to_call" else emails.needs_longer
    write(
        booking=booking,
        payment=selectors.payment(event.payment_id),
        promise_at=datetime.fromisoformat(event.promise_at),
        now=clock.now(),
    )


def tell_approvers(event: ReviewIsLate) -> None:
    """Each of them once for each promise that passed; nobody for a case that was decided meanwhile."""
    case = fraud.case(event.case_id)
    if case.state != "open":
        return
    for address in roles.addresses("approver"):
        emails.review_is_late(case=case, to=address, promise_at=event.promise_at, now=clock.now())


def mail_not_confirmed(event: PaymentDeclinedByReview) -> None:
    emails.not_confirmed(
        booking=courses.booking(event.booking_id),
        payment=selectors.payment(event.payment_id),
        now=clock.now(),
    )


def mail_late_money(event: LateMoneyReturned) -> None:
    emails.late_money_returned(
        booking=courses.booking(event.booking_id),
        payment=selectors.payment(event.payment_id),
        amount=Money(event.amount_minor, event.currency),
        now=clock.now(),
    )


def mail_stray_money(event: StrayMoneyReturned) -> None:
    emails.stray_money_returned(
        booking=courses.booking(event.booking_id),
        payment=selectors.payment(event.payment_id),
        amount=Money(event.amount_minor, event.currency),
        stray_id=event.stray_id,
        now=clock.now(),
    )


def mail_refund(event: RefundSucceeded) -> None:
    """Late money has been told of already; of fraud nobody is told by us."""
    refund = selectors.refund(event.refund_id)
    if refund.requested_by == late_money.ACTOR or refund.reason == RefundReason.FRAUD:
        return
    emails.refund_on_its_way(
        booking=courses.booking(event.booking_id), refund=refund, now=clock.now()
    )
