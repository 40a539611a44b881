"""The saga of a payment, whole: what each step does, and how it is undone. A refund's is in `refund_saga`.

A step first looks at the payment's own state, so that a repeat after a crash finds what is done.
"""

from core.errors import Unavailable
from core.sagas.definition import Definition, Done, Fail, Go, Run, Step, Undo, Wait
from courses.services.bookings import PlacesSoldOut, WrongState
from fraud import selectors as fraud
from fraud.services import assessments, reviews
from payments import policy
from payments.gateways import stripe as gateway
from payments.gateways.base import Missing, Rejected
from payments.models import Payment, PaymentStatus
from payments.models.unknown import UnknownOutcome
from payments.services import (
    attempts,
    endings,
    in_hand,
    late_money,
    owed,
    reviewing,
    subjects,
    taking,
)
from payments.services.refusals import DisputeOpen

_P = PaymentStatus
ENDED = (_P.BLOCKED, _P.FAILED, _P.CANCELLED, _P.LAPSED)


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
    if assessment.band == "high":
        endings.blocked(payment, now=run.now)
        return Done(endings.BLOCKED)
    return Go(
        three_d_secure=assessment.three_d_secure,
        billing_country=subject.billing_country,
        billing_region=subject.billing_region,
    )


def authorise(run: Run) -> Go | Wait | Done | Fail:
    """Have the bank set the money aside; wait for the customer's bank, or for a clear answer."""
    payment = _payment(run)
    attempts.authorise(
        payment,
        booking=run.data["booking"],
        return_url=attempts.return_url(
            in_hand.booking(payment.booking_id).token, for_move=payment.move_id is not None
        ),
        three_d_secure=run.data.get("three_d_secure", False),
        now=run.now,
    )
    match payment.status:
        case _P.REQUIRES_ACTION:
            return _wait_for_customer(payment, run)
        case _P.PROCESSING:
            return Wait(run.now + policy.PROCESSING_PAUSE, for_="the bank")
        case _P.UNKNOWN:
            return wait_for_gateway(payment, run)
        case status if status in ENDED:
            return Done(status)
    return Go()


def let_go(run: Run) -> Go | Wait | Fail:
    """Undo of authorise: the money goes back to being the customer's before anything else is told."""
    payment = _payment(run)
    if payment.status == _P.CREATED:
        endings.abandoned(payment, cause=endings.ABANDONED, now=run.now)
    elif payment.is_open:
        return _cancel(payment, run) if payment.gateway_id else _find(payment, run)
    elif payment.status == _P.SUCCEEDED:
        return _give_back(payment, run)
    return Go()


def assess_again(run: Run) -> Go | Wait | Undo | Done:
    """Judge what the bank and Radar said; between the bands a person does."""
    payment = _payment(run)
    if payment.status in ENDED:
        return Done(payment.status)
    if payment.status in (_P.CAPTURING, _P.SUCCEEDED):
        return Go()
    if payment.status != _P.AUTHORISED:
        raise payment.wrong_state("assess_again")
    if run.data.get("in_review"):
        return _after_review(payment, run)
    return _judge_again(payment, run)


def _judge_again(payment: Payment, run: Run) -> Go | Wait | Undo:
    """One that waited for its customer may find the date called off."""
    if run.data.get("waited") and owed.is_called_off(payment):
        return Undo("the date was called off", ending=endings.WITHDRAWN)
    subject = subjects.after(
        payment,
        billing_country=run.data.get("billing_country", ""),
        billing_region=run.data.get("billing_region", ""),
        now=run.now,
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
    if payment.status == _P.AUTHORISED and not owed.may_be_given(payment, now=run.now):
        return Undo("the move can't be made any more", ending=endings.WITHDRAWN)
    try:
        captured_minor = taking.capture(payment, now=run.now)
    except taking.NotTaken:
        return Undo("the gateway never took it", ending=endings.CAPTURE_FAILED)
    if captured_minor is not None:
        return Go(captured_minor=captured_minor)
    return wait_for_gateway(payment, run) if payment.status == _P.UNKNOWN else Done(payment.status)


def give_all_back(run: Run) -> Go | Fail:
    """Undo of capture: a full refund, by a saga of its own."""
    payment = _payment(run)
    return _give_back(payment, run) if payment.status == _P.SUCCEEDED else Go()


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
    elif payment.without_place:
        return Undo("no place left")
    return Go()


PAYMENT = Definition(
    "payment",
    1,
    (
        Step("assess", assess, title="Check"),
        Step("authorise", authorise, undo=let_go, title="Authorise"),
        Step("assess_again", assess_again, title="Check again"),
        Step("capture", capture, undo=give_all_back, pivot=True, title="Take money"),
        Step("confirm", confirm, title="Confirm"),
    ),
    title="Payment",
    unfinished=endings.unfinished,
)


# --- Shared ------------------------------------------------------------------------------------


def _payment(run: Run) -> Payment:
    return in_hand.payment(run)


def _wait_for_customer(payment: Payment, run: Run) -> Wait | Done:
    """Left alone for 15 minutes, or for a date that we called off, the payment is stopped at the gateway first."""
    asked_at = payment.changed_at
    too_late = run.data.get("waited") and owed.is_called_off(payment)
    if run.now < asked_at + policy.ACTION_TIME and not too_late:
        return Wait(asked_at + policy.ACTION_TIME, for_="the customer", waited=True)
    _refuse_unless(taking.cancel(payment, now=run.now).status == "canceled")
    endings.abandoned(payment, cause=endings.ABANDONED, now=run.now)
    return Done(endings.ABANDONED)


def _cancel(payment: Payment, run: Run) -> Go | Fail:
    """The gateway first. What turns out to be taken there is ours, without a place, and goes back."""
    answer = taking.cancel(payment, now=run.now)
    if answer.status == "succeeded":
        endings.taken_after_all(payment, captured_minor=answer.amount_received, now=run.now)
        return _give_back(payment, run)
    _refuse_unless(answer.status == "canceled")
    endings.let_go(payment, ending=run.data.get("ending", endings.ABANDONED), now=run.now)
    return Go()


def _find(payment: Payment, run: Run) -> Go | Wait | Fail:
    """Nobody knows its name at the gateway, or whether it has one: it is looked for until that is clear."""
    look_again_at = attempts.find(payment, now=run.now)
    if look_again_at is not None:
        return Wait(look_again_at, for_="the gateway's word")
    return _cancel(payment, run) if payment.gateway_id else Go()


def _refuse_unless(cancelled: bool) -> None:
    """A step that fails here is tried again, after a growing pause and not for ever."""
    if not cancelled:
        raise Rejected("cancel_refused")


def _give_back(payment: Payment, run: Run) -> Go | Fail:
    try:
        late_money.give_back(payment=payment, now=run.now)
    except DisputeOpen:
        return Fail(
            "The payment is disputed at the bank: the money goes back there, or not at all."
        )
    return Go()


def wait_for_gateway(subject: UnknownOutcome, run: Run) -> Wait | Fail:
    if subject.check_due_at is None:
        return Fail("The gateway has not said for three days what became of this.")
    return Wait(subject.check_due_at, for_="the gateway's word")


def _to_review(payment: Payment, assessment: assessments.Assessment, run: Run) -> Go | Wait | Undo:
    known = fraud.case_of(payment.id)
    if known is not None and known.state != "open":
        return _after_review(payment, run)  # opened by a driver that died, and decided since
    booking = in_hand.booking(payment.booking_id)
    hard_limit_at = policy.review_hard_limit(
        starts_at=owed.starts_at(payment, booking.session.starts_at),
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
    if case.state == "open" and not taking.is_authorised(payment):
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
            return Undo("booking cancelled", ending=endings.WITHDRAWN)
    return Undo("nobody decided in time", ending="lapsed")
