"""What people do in a storm: each deed looks for something to act on, acts once, and says what it did."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from core import clock
from courses.models import Booking, WaitingListEntry
from courses.selectors import booking as booking_of
from courses.services import waiting
from fraud.models import ReviewCase
from fraud.services import reviews
from invoicing.models import Document
from invoicing.services import correcting
from payments.models import CalledOffBooking, Dispute, Payment
from payments.services import (
    cancelling,
    dispute_answers,
    moving,
    reconciling,
    refund_approvals,
    refunds,
    session_cancelling,
)
from tests.chaos.customer import Customer
from tests.chaos.house import House
from tests.payments import make

CARDS = {
    "pm_card_visa": 6, "pm_card_authenticationRequired": 2, "pm_card_visa_chargeDeclined": 1,
    "pm_card_riskLevelHighest": 2,
}  # fmt: skip
SESSIONS, ROOM, SMALL_ROOM = 4, 6, 2
TRIES = 4


@dataclass
class Town:
    """The dates on sale, and the way to the running site."""

    house: House
    sessions: list = field(default_factory=list)

    def __post_init__(self) -> None:
        now = clock.now()
        rooms = [ROOM] * SESSIONS + [SMALL_ROOM]
        self.sessions = [make.session(now=now, capacity=room) for room in rooms]

    def customer(self) -> Customer:
        stack = self.house.stack
        return Customer(stack.url, stack.sandbox.base_url, settings.STRIPE_SECRET_KEY)

    def reconcile(self) -> None:
        reconciling.recent(now=clock.now())


def buy(town: Town, luck: random.Random) -> str:
    """As a browser would: sent again when the answer is lost."""
    customer = town.customer()
    try:
        customer.hold(str(luck.choice(town.sessions).pk))
    except AssertionError:
        return "buy: no hold"
    card = luck.choices(list(CARDS), weights=list(CARDS.values()))[0]
    customer.take_card(card)
    for _ in range(TRIES):
        status = customer.pay()
        if status is not None and status < 500:
            break
    if card == "pm_card_authenticationRequired":
        _answer_the_bank(town, customer, luck.choice(("authenticate", "fail", "close")))
    return f"buy: {card.removeprefix('pm_card_')}"


def review(town: Town, luck: random.Random) -> str:
    case = _any(ReviewCase.objects.filter(state="open"), luck)
    if case is None:
        return ""
    decision, reason = luck.choice(
        (("approve", "known_organisation"), ("decline", "not_confirmed"))
    )
    reviews.decide(
        case_id=case.id, decision=decision, reason=reason, actor="staff:1", now=clock.now()
    )
    return f"review: {decision}"


def give_back(town: Town, luck: random.Random) -> str:
    payment = _any(Payment.objects.filter(status="succeeded"), luck)
    if payment is None or not payment.refundable.minor:
        return ""
    amount = luck.choice((payment.refundable.minor, max(1, payment.captured_minor // 3)))
    refund = refunds.request(
        payment_id=payment.id, amount_minor=amount, reason="goodwill",
        cancel_places=amount == payment.captured_minor, actor="staff:1", now=clock.now(),
    )  # fmt: skip
    if refund.status == "requested":
        refund_approvals.approve(refund_id=refund.id, actor="staff:2", now=clock.now())
    return "give back"


def give_back_at_the_gateway(town: Town, luck: random.Random) -> str:
    payment = _any(Payment.objects.filter(status="succeeded"), luck)
    if payment is None or payment.refundable.minor < 500:
        return ""
    try:
        town.house.stack.sandbox.refund_as_staff_of_the_gateway(payment.gateway_id, 500)
    except OSError:
        return "give back at the gateway: refused there"
    return "give back at the gateway"


def cancel(town: Town, luck: random.Random) -> str:
    chosen = _any(Booking.objects.filter(status="confirmed"), luck)
    if chosen is None:
        return ""
    booking = booking_of(chosen.pk)
    quote = cancelling.quote(booking=booking, attendee_ids=None, now=clock.now())
    cancelling.cancel(booking=booking, number=cancelling.number_of(quote), now=clock.now())
    return "cancel"


def move(town: Town, luck: random.Random) -> str:
    chosen = _any(Booking.objects.filter(status="confirmed"), luck)
    if chosen is None:
        return ""
    session = luck.choice([each for each in town.sessions if each.pk != chosen.session_id])
    moving.move(booking_id=chosen.pk, session_id=session.pk, shown_minor=0, now=clock.now())
    return "move"


def dispute(town: Town, luck: random.Random) -> str:
    payment = _any(Payment.objects.filter(status="succeeded", disputes=None), luck)
    if payment is None or not payment.refundable.minor:
        return ""
    town.house.stack.sandbox.dispute(
        payment_intent=payment.gateway_id, amount=payment.refundable.minor
    )
    return "dispute"


def answer(town: Town, luck: random.Random) -> str:
    known = _any(Dispute.objects.filter(status="needs_response"), luck)
    if known is None:
        return ""
    dispute_answers.send_evidence(
        dispute_id=known.pk, evidence={"uncategorized_text": "They were there."},
        actor="staff:1", now=clock.now(),
    )  # fmt: skip
    return "answer a dispute"


def judge(town: Town, luck: random.Random) -> str:
    """The bank's last word."""
    open_ones = [
        each
        for each in town.house.stack.sandbox.books()["disputes"]
        if each["status"] in ("needs_response", "under_review")
    ]
    if not open_ones:
        return ""
    ending = luck.choice(("won", "lost"))
    town.house.stack.sandbox.move_dispute(luck.choice(open_ones)["id"], ending)
    return f"dispute {ending}"


def call_off(town: Town, luck: random.Random) -> str:
    session = luck.choice(town.sessions)
    session_cancelling.begin(
        session_id=session.pk, reason="too_few", note="", actor="staff:1", now=clock.now()
    )
    return "call off a date"


def choose(town: Town, luck: random.Random) -> str:
    """Another date or the money, by a customer of a date that we called off."""
    row = _any(CalledOffBooking.objects.filter(status="choosing"), luck)
    if row is None:
        return ""
    if luck.random() < 0.5:
        session_cancelling.give_back(booking_id=row.booking_id, actor="customer", now=clock.now())
        return "choose the money"
    session = luck.choice(town.sessions)
    moving.move(booking_id=row.booking_id, session_id=session.pk, shown_minor=0, now=clock.now())
    return "choose another date"


def wait(town: Town, luck: random.Random) -> str:
    waiting.join(
        session_id=town.sessions[-1].pk, name="Ada", email=f"w{luck.random()}@example.com",
        places=1, now=clock.now(),
    )  # fmt: skip
    return "join a waiting list"


def take_offer(town: Town, luck: random.Random) -> str:
    entry = _any(WaitingListEntry.objects.filter(status="offered"), luck)
    if entry is None:
        return ""
    if luck.random() < 0.5:
        waiting.leave(token=entry.token, now=clock.now())
        return "leave a waiting list"
    waiting.claim(token=entry.token, browser="b" * 32, now=clock.now())
    return "take an offer"


def correct(town: Town, luck: random.Random) -> str:
    invoice = _any(Document.objects.filter(kind="invoice", replaced_by=None), luck)
    if invoice is None:
        return ""
    buyer = correcting.Buyer(
        name="Accounts", company=f"Right {luck.randrange(1000)} Ltd", address="1 New Road",
        postcode="LS1 1AA", vat_number="", purchase_order="",
    )  # fmt: skip
    correcting.correct(
        document_id=invoice.pk,
        buyer=buyer,
        reason="wrong company",
        actor="staff:1",
        now=clock.now(),
    )
    return "correct an invoice"


ALL: dict[str, Callable[[Town, random.Random], str]] = {
    "buy": buy,
    "review": review,
    "give back": give_back,
    "give back at the gateway": give_back_at_the_gateway,
    "cancel": cancel,
    "move": move,
    "dispute": dispute,
    "answer": answer,
    "judge": judge,
    "call off": call_off,
    "choose": choose,
    "wait": wait,
    "take offer": take_offer,
    "correct": correct,
}
WEIGHTS = (10, 3, 4, 1, 3, 4, 3, 3, 2, 1, 3, 2, 2, 3)


def _any(rows: object, luck: random.Random) -> object:
    found = list(rows.order_by("pk"))
    return luck.choice(found) if found else None


def _answer_the_bank(town: Town, customer: Customer, result: str) -> None:
    payment = Payment.objects.filter(
        booking__token=customer.token, status="requires_action"
    ).first()
    if payment is not None:
        make.answer_bank(town.house.stack.sandbox, payment, result)
