"""The two sagas of money, whole: what each step does, and how it is undone.

A step first looks at the payment's own state, so that a repeat after a crash finds what is done.
"""

from core.errors import Unavailable
from core.sagas.definition import Definition, Done, Fail, Go, Run, Step, Undo, Wait
from courses.services.bookings import PlacesSoldOut, WrongState
from fraud import selectors as fraud
from fraud.services import assessments, outcomes, reviews
from payments import policy
from payments.gateways import stripe as gateway
from payments.gateways.base import Missing, Rejected
from payments.models import Payment, PaymentStatus, Refund, RefundStatus
from payments.services import (
    attempts,
    endings,
    in_hand,
    late_money,
    refund_sending,
    reviewing,
    subjects,
)

_P, _R = PaymentStatus, RefundStatus
ENDED = (_P.BLOCKED, _P.FAILED, _P.CANCELLED, _P.LAPSED)


# --- PaymentSaga -------------------------------------------------------------------------------


def assess(run: Run) -> Go | Done:
    """Read the card's facts and judge them before the card is asked."""
    payment = _payment(run)
    if payment.status in ENDED:
        return Done(payment.status)
    if payment.status != _P.CREATED:
        return Go()
    try:
        token = gateway.confirmation_token(payment.confirmation_token)
    except (Missing, Rejected):
        endings.never_sent(payment, cause=endings.UNUSABLE, now=run.now)
        return Done(endings.UNUSABLE)
    except Unavailable:
        endings.never_sent(payment, cause=endings.UNREACHABLE, now=run.now)
        return Done(endings.UNREACHABLE)
    subject = subjects.before(payment, token, now=run.now)
    assessment = assessments.assess(subject=subject, now=run.now)
    outcomes.record(payment_id=payment.id, kind="attempt", subject=subject, now=run.now)
    if assessment.band == "high":
        endings.blocked(payment, now=run.now)
        return Done(endings.BLOCKED)
    return Go(three_d_secure=assessment.three_d_secure, billing_country=token.billing_country)


def authorise(run: Run) -> Go | Wait | Done | Fail:
    """Have the bank set the money aside; wait for the customer's bank, or for a clear answer."""
    payment = _payment(run)
    attempts.authorise(
        payment,
        booking=run.data["booking"],
        return_url=attempts.return_url(in_hand.booking(payment.booking_id).token),
        three_d_secure=run.data.get("three_d_secure", False),
        now=run.now,
    )
    match payment.status:
        case _P.REQUIRES_ACTION:
            return _wait_for_customer(payment, run)
        case _P.PROCESSING:
            return Wait(run.now + policy.PROCESSING_PAUSE, for_="the bank")
        case _P.UNKNOWN:
            return _wait_for_gateway(payment, run)
        case status if status in ENDED:
            return Done(status)
    return Go()


def let_go(run: Run) -> Go | Wait:
    """Undo of authorise: the money goes back to being the customer's before anything else is told."""
    payment = _payment(run)
    if payment.status == _P.CREATED:
        endings.abandoned(payment, cause=endings.ABANDONED, now=run.now)
    elif payment.is_open and payment.gateway_id:
        if not attempts.cancel(payment, reason=_cancel_reason(run), now=run.now):
            raise Rejected("cancel_refused")
        endings.let_go(payment, ending=run.data.get("ending", endings.ABANDONED), now=run.now)
    elif payment.is_open:
        raise Rejected("nothing_known_to_cancel")
    return Go()


def assess_again(run: Run) -> Go | Wait | Undo | Done:
    """Judge what the bank and Radar said; between the bands a person does."""
    payment = _payment(run)
    if payment.status in ENDED:
        return Done(payment.status)
    if payment.status != _P.AUTHORISED:
        return Go()
    if run.data.get("in_review"):
        return _after_review(payment, run)
    subject = subjects.after(
        payment, billing_country=run.data.get("billing_country", ""), now=run.now
    )
    assessment = assessments.assess(subject=subject, now=run.now)
    if assessment.band == "high":
        return Undo("over the block band", ending=endings.BLOCKED)
    if assessment.band == "low":
        return Go()
    return _to_review(payment, assessment, run)


def capture(run: Run) -> Go | Wait | Done | Undo | Fail:
    """The pivot: take the money."""
    payment = _payment(run)
    if payment.status == _P.SUCCEEDED:
        return Go(captured_minor=payment.captured_minor)
    if payment.status in ENDED:
        return Done(payment.status)
    captured_minor = attempts.capture(payment, now=run.now)
    if captured_minor is not None:
        return Go(captured_minor=captured_minor)
    if payment.status != _P.UNKNOWN:
        return Done(payment.status)
    if payment.checks >= policy.CAPTURE_CHECKS_MAX:
        return Undo("the gateway never took it", ending=endings.CAPTURE_FAILED)
    return _wait_for_gateway(payment, run)


def give_all_back(run: Run) -> Go:
    """Undo of capture: a full refund, by a saga of its own."""
    payment = _payment(run)
    if payment.status == _P.SUCCEEDED:
        late_money.give_back(payment=payment, now=run.now)
    return Go()


def confirm(run: Run) -> Go | Undo:
    """The places are the customer's, in the transaction that makes the money ours."""
    payment = _payment(run)
    captured_minor = run.data["captured_minor"]
    if payment.status != _P.SUCCEEDED:
        try:
            endings.succeeded(payment, captured_minor=captured_minor, now=run.now)
        except (PlacesSoldOut, WrongState):
            in_hand.let_go_of_payment()
            payment = _payment(run)
            endings.succeeded_without_place(payment, captured_minor=captured_minor, now=run.now)
            return Undo("no place left")
    elif late_money.came_too_late(payment):
        return Undo("no place left")
    return Go()


PAYMENT = Definition(
    "payment",
    1,
    (
        Step("assess", assess, title="Judge the risk"),
        Step("authorise", authorise, undo=let_go, title="Ask the bank"),
        Step("assess_again", assess_again, title="Judge the bank's answer"),
        Step("capture", capture, undo=give_all_back, pivot=True, title="Take the money"),
        Step("confirm", confirm, title="Confirm the booking"),
    ),
    title="Payment",
)


# --- RefundSaga --------------------------------------------------------------------------------


def send(run: Run) -> Go | Wait | Done | Fail:
    """Ask the gateway to give the money back, once."""
    refund = _refund(run)
    refund_sending.send(refund, booking=run.data["booking"], now=run.now)
    match refund.status:
        case _R.UNKNOWN:
            return _wait_for_gateway(refund, run)
        case _R.FAILED | _R.REJECTED:
            return Done(refund.status)
    return Go()


def settle(run: Run) -> Go | Wait:
    """Wait until the gateway says that it is done."""
    refund = _refund(run)
    if refund.status == _R.PENDING:
        refund_sending.look(refund, now=run.now)
    if refund.status == _R.PENDING:
        return Wait(run.now + policy.REFUND_PAUSE, for_="the bank")
    return Go()


REFUND = Definition(
    "refund",
    1,
    (
        Step("send", send, title="Send the money back"),
        Step("settle", settle, title="Wait for the bank"),
    ),
    title="Refund",
)


# --- Shared ------------------------------------------------------------------------------------


def _payment(run: Run) -> Payment:
    return in_hand.payment(run.subject_id)


def _refund(run: Run) -> Refund:
    return Refund.objects.select_related("payment").get(pk=run.subject_id)


def _wait_for_customer(payment: Payment, run: Run) -> Go | Wait | Done:
    """Left alone for 15 minutes, the payment is stopped at the gateway first."""
    asked_at = payment.changed_at
    if run.now < asked_at + policy.ACTION_TIME:
        return Wait(asked_at + policy.ACTION_TIME, for_="the customer")
    if attempts.cancel(payment, reason="abandoned", now=run.now):
        endings.abandoned(payment, cause=endings.ABANDONED, now=run.now)
        return Done(endings.ABANDONED)
    return Wait(run.now, for_="the gateway")


def _wait_for_gateway(subject: Payment | Refund, run: Run) -> Wait | Fail:
    if subject.check_due_at is None:
        return Fail("The gateway has not said for three days what became of this.")
    return Wait(subject.check_due_at, for_="the gateway's word")


def _to_review(payment: Payment, assessment: assessments.Assessment, run: Run) -> Wait | Undo:
    booking = in_hand.booking(payment.booking_id)
    hard_limit_at = policy.review_hard_limit(
        starts_at=booking.session.starts_at,
        authorised_until=payment.authorised_until or run.now + policy.AUTHORISATION_TIME,
    )
    if hard_limit_at <= run.now:
        return Undo("no time left to review", ending="lapsed")
    try:
        reviewing.open(
            payment=payment, booking=booking, assessment_id=assessment.id,
            hard_limit_at=hard_limit_at, now=run.now,
        )  # fmt: skip
    except PlacesSoldOut:
        return Undo("no place left", ending="no_place")
    return Wait(hard_limit_at, for_="a review", in_review=True)


def _after_review(payment: Payment, run: Run) -> Go | Wait | Undo:
    case = fraud.case_of(payment.id)
    if case is None:
        raise LookupError("a payment in review has no case")
    if case.state == "open" and not attempts.is_authorised(payment):
        reviews.withdraw(payment_id=payment.id, now=run.now)
        return Undo("the bank let the money go", ending="lapsed")
    if case.state == "open" and case.hard_limit_at <= run.now:
        case = reviewing.lapse(case, now=run.now)
    match case.state:
        case "approved":
            return Go()
        case "open":
            return Wait(case.hard_limit_at, for_="a review")
        case "declined":
            return Undo("declined by review", ending="decline")
        case "withdrawn":
            return Undo("booking cancelled", ending="withdrawn")
    return Undo("nobody decided in time", ending="lapsed")


def _cancel_reason(run: Run) -> str:
    risky = run.data.get("ending") == endings.BLOCKED
    return "fraudulent" if risky else "requested_by_customer"
