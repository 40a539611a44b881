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
    BookingCalledOff,
    LateMoneyReturned,
    MoveNotMade,
    PaymentDeclinedByReview,
    PaymentSucceeded,
    PaymentUnderReview,
    RefundFailed,
    RefundSucceeded,
    ReviewPostponed,
    StrayMoneyReturned,
)
from payments.models import RefundReason
from payments.services import checkout, late_money, ledger, owed, session_cancelling


def resume_after_review(event: ReviewDecided) -> None:
    engine.resume(
        name=checkout.SAGA,
        subject_id=UUID(event.payment_id),
        cause=f"review: {event.decision}",
        now=datetime.fromisoformat(event.at),
    )


def mail_being_checked(event: PaymentUnderReview) -> None:
    """Not to somebody whose booking has been decided meanwhile."""
    booking, payment = courses.booking(event.booking_id), selectors.payment(event.payment_id)
    if not owed.is_being_checked(payment):
        return
    write = emails.move_being_checked if payment.move_id else emails.being_checked
    write(
        booking=booking,
        payment=payment,
        promise_at=datetime.fromisoformat(event.promise_at),
        now=clock.now(),
    )


def mail_postponed(event: ReviewPostponed) -> None:
    """Not to somebody whose booking has been decided meanwhile."""
    booking, payment = courses.booking(event.booking_id), selectors.payment(event.payment_id)
    if not owed.is_being_checked(payment):
        return
    write = emails.please_call if event.why == "asked_to_call" else emails.needs_longer
    write(
        booking=booking,
        payment=payment,
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
    payment = selectors.payment(event.payment_id)
    write = emails.move_not_made if payment.move_id else emails.not_confirmed
    write(booking=courses.booking(event.booking_id), payment=payment, now=clock.now())


def mail_not_moved(event: MoveNotMade) -> None:
    emails.move_not_made(
        booking=courses.booking(event.booking_id),
        payment=selectors.payment(event.payment_id),
        now=clock.now(),
    )


def mail_late_money(event: LateMoneyReturned) -> None:
    payment = selectors.payment(event.payment_id)
    write = emails.move_money_returned if payment.move_id else emails.late_money_returned
    write(
        booking=courses.booking(event.booking_id),
        payment=payment,
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


def mail_called_off(event: BookingCalledOff) -> None:
    """To who has to choose, or lost a place that was not paid for; not to who chose before the mail went out."""
    booking = courses.booking(event.booking_id)
    choice = session_cancelling.choice_of(booking)
    if booking.session.state == "cancelled" and (choice or booking.status == "cancelled"):
        emails.called_off(
            booking=booking, choose_by=choice.due_at if choice else None, now=clock.now()
        )


def book_payment(event: PaymentSucceeded) -> None:
    ledger.taken(selectors.payment(event.payment_id), now=clock.now())


def book_refund(event: RefundSucceeded) -> None:
    at = datetime.fromisoformat(event.at)
    ledger.given_back(selectors.refund(event.refund_id), at=at, now=clock.now())


def book_returned_refund(event: RefundFailed) -> None:
    """One that never left moved nothing."""
    if event.after_success:
        at = datetime.fromisoformat(event.at)
        ledger.came_back(selectors.refund(event.refund_id), at=at, now=clock.now())
