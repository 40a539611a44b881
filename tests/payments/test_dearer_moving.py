"""Moving to a dearer date: the difference is paid first, and the customer has one of the two dates at every moment."""

from contextlib import suppress
from datetime import timedelta

import pytest

from core.crashpoints import Crashed, fired
from core.mail.models import Message
from core.switches import memory
from core.switches import services as orders
from courses import browser
from courses.models import Course, CourseSession, Move
from courses.services import bookings, calling_off
from courses.services import moving as rules
from courses.services.refusals import SellingStopped
from fraud.models import ReviewCase
from fraud.services import reviews
from invoicing.models import Document
from payments.models import Payment, Refund
from payments.services import (
    cancelling,
    checkout,
    moving,
    refund_approvals,
    refunds,
    session_cancelling,
)
from payments.services.refusals import CardDeclined, PaymentInProgress
from tests.courses.make import BROWSER
from tests.outbox_tools import drain_outbox
from tests.payments import make
from tests.payments.test_cancelling import again, booked
from tests.payments.test_disputes import hear

pytestmark = pytest.mark.django_db
DEARER = 9600 + 1250


@pytest.fixture
def booking(sandbox, now):
    found = booked(sandbox, now, days_ahead=20, places=2)
    Course.objects.filter(pk=found.session.course_id).update(price_minor=DEARER)
    return again(found)


@pytest.fixture
def new(booking, now):
    return make.session(now=now, days_ahead=60, capacity=2)


@pytest.fixture
def selling_stopped(booking, now):
    orders.switch(name=memory.Name.SELLING, on=True, reason="Water", actor="staff:1", now=now)
    memory.read()
    yield
    memory._orders = {}


def hold(booking, new, now):
    return moving.hold(booking_id=booking.pk, session_id=new.pk, shown_minor=2500, now=now)


def pay(booking, sandbox, now, card=make.VISA, token=None, move_id=None):
    return checkout.pay_for_move(
        token=booking.token,
        move_id=move_id or latest(booking).pk,
        confirmation_token=token or sandbox.confirmation_token(card),
        address="192.0.2.7",
        user_agent="a browser",
        now=now,
    )


def moved(booking, new, sandbox, now):
    hold(booking, new, now)
    payment = pay(booking, sandbox, now)
    drain_outbox()
    return payment


def latest(booking):
    return Move.objects.filter(booking=booking).latest("created_at")


def status(booking):
    return latest(booking).status


def taken(sandbox):
    return sum(each["amount_captured"] for each in sandbox.books()["charges"])


class TestPay:
    def test_takes_the_difference_then_moves_and_bills_it(self, sandbox, booking, new, now):
        payment = moved(booking, new, sandbox, now)

        assert (payment.status, payment.amount_minor) == ("succeeded", 2500)
        assert (again(booking).session, status(booking)) == (new, "done")
        assert taken(sandbox) == 19200 + 2500
        bill = Document.objects.invoices().get(payment_id=payment.pk)
        assert (bill.gross_minor, bill.lines[0]["quantity"]) == (2500, 2)

    def test_pays_only_for_the_date_that_was_shown(self, sandbox, booking, new, now):
        shown = hold(booking, new, now)
        hold(booking, make.session(now=now, days_ahead=61, capacity=2), now)

        with pytest.raises(rules.MoveEnded):
            pay(booking, sandbox, now, move_id=shown.pk)

        assert (again(booking).session, taken(sandbox)) == (booking.session, 19200)

    def test_keeps_no_more_than_five_dates_a_day_that_nobody_pays_for(self, booking, new, now):
        for _ in range(rules.UNPAID_A_DAY_MAX):
            hold(booking, new, now)  # each lets the one before go

        with pytest.raises(rules.KeptTooOften):
            hold(booking, new, now)

        assert Move.objects.filter(booking=booking, status="open").count() == 1
        assert hold(booking, new, now + timedelta(days=1, seconds=1))

    def test_keeps_nothing_while_selling_is_stopped(self, booking, new, selling_stopped, now):
        with pytest.raises(SellingStopped):
            hold(booking, new, now)

        assert not Move.objects.exists()

    def test_the_old_place_stays_until_it_is_paid(self, sandbox, booking, new, now):
        hold(booking, new, now)

        assert again(booking).session == booking.session
        with pytest.raises(bookings.PlacesSoldOut):
            bookings.hold(session_id=new.pk, places=1, browser="x" * 40, now=now)

    def test_what_nobody_pays_for_goes_back_on_sale(self, booking, new, now):
        hold(booking, new, now)

        before = rules.expire_due(now=now + timedelta(minutes=14))
        after = rules.expire_due(now=now + timedelta(minutes=15))

        assert (before, after, status(booking)) == (0, 1, "expired")
        assert again(booking).session == booking.session
        assert bookings.hold(session_id=new.pk, places=2, browser="x" * 40, now=now)

    def test_a_refused_card_leaves_all_as_it_was_and_another_may_be_tried(
        self, sandbox, booking, new, now
    ):
        hold(booking, new, now)

        with pytest.raises(CardDeclined):
            pay(booking, sandbox, now, card="pm_card_chargeDeclined")
        assert (again(booking).session, status(booking)) == (booking.session, "open")
        pay(booking, sandbox, now)

        assert (again(booking).session, taken(sandbox)) == (new, 19200 + 2500)

    def test_the_same_card_sent_twice_is_one_payment(self, sandbox, booking, new, now):
        hold(booking, new, now)
        token = sandbox.confirmation_token(make.VISA)

        first = pay(booking, sandbox, now, token=token)
        second = pay(booking, sandbox, now, token=token)

        assert (first.pk, taken(sandbox)) == (second.pk, 19200 + 2500)

    def test_waits_for_the_bank_and_moves_once_it_is_approved(self, sandbox, booking, new, now):
        move = hold(booking, new, now)
        payment = pay(booking, sandbox, now, card="pm_card_authenticationRequired")
        assert (payment.status, status(booking)) == ("requires_action", "paying")
        with pytest.raises(PaymentInProgress):
            pay(booking, sandbox, now)

        make.answer_bank(sandbox, payment)
        done = checkout.continue_after_action(token=booking.token, move_id=move.pk, now=now)

        assert (done.status, again(booking).session) == ("succeeded", new)

    def test_left_alone_at_the_bank_the_places_go_back(self, sandbox, booking, new, now):
        hold(booking, new, now)
        payment = pay(booking, sandbox, now, card="pm_card_authenticationRequired")

        make.drive(payment, now=now + timedelta(minutes=16))

        payment.refresh_from_db()
        assert (payment.status, status(booking)) == ("cancelled", "expired")
        assert (again(booking).session, taken(sandbox)) == (booking.session, 19200)

    @pytest.mark.parametrize("which", ["new", "old"])
    def test_takes_nothing_when_a_date_was_called_off_meanwhile(
        self, sandbox, booking, new, now, which
    ):
        move = hold(booking, new, now)
        payment = pay(booking, sandbox, now, card="pm_card_authenticationRequired")
        session = new if which == "new" else booking.session
        calling_off.call_off(session_id=session.pk, reason="trainer", actor="olive", now=now)

        make.answer_bank(sandbox, payment)
        done = checkout.continue_after_action(token=booking.token, move_id=move.pk, now=now)

        assert (done.status, status(booking)) == ("cancelled", "expired")
        assert (again(booking).session, taken(sandbox)) == (booking.session, 19200)

    def test_what_was_taken_for_a_date_that_is_gone_goes_back(
        self, sandbox, booking, new, now, monkeypatch
    ):
        """Called off after the last look and before the move: the rarest of all."""
        hold(booking, new, now)
        looked = rules.may_be_made

        def then_it_is_gone(**given):
            answer = looked(**given)
            CourseSession.objects.filter(pk=new.pk).update(state="cancelled")
            return answer

        monkeypatch.setattr(rules, "may_be_made", then_it_is_gone)
        payment = pay(booking, sandbox, now)
        drain_outbox()

        refund = Refund.objects.get(payment=payment)
        make.drive(refund, now=now, name="refund")
        assert payment.without_place
        assert again(booking).session == booking.session
        assert again(booking).status == "confirmed"
        assert [each["amount"] for each in sandbox.books()["refunds"]] == [2500]

    @pytest.mark.parametrize("point", ["CP01", "CP02", "CP03", "CP04", "CP11"])
    def test_a_crash_ends_in_one_of_the_two(
        self, sandbox, booking, new, now, point, monkeypatch, tmp_path
    ):
        hold(booking, new, now)
        monkeypatch.setenv("CRASH_DIR", str(tmp_path))
        monkeypatch.setenv("CRASH_POINTS", f"{point}:raise")
        with suppress(Crashed):
            pay(booking, sandbox, now)
        assert fired(point, tmp_path)
        later = now
        for _ in range(12):
            payment = Payment.objects.filter(purpose__startswith="move-").first()
            if payment is None or not payment.is_open:
                break
            later += timedelta(minutes=30)
            make.drive(payment, now=later)
        rules.expire_due(now=later + timedelta(hours=1))

        here, paid = again(booking).session, taken(sandbox)
        assert (here == new, paid) in [(True, 19200 + 2500), (False, 19200)]
        assert status(booking) in ("done", "expired", "cancelled")


class TestReview:
    @pytest.fixture
    def payment(self, sandbox, booking, new, now, settings):
        settings.FRAUD_REVIEW_FROM = 0
        hold(booking, new, now)
        payment = pay(booking, sandbox, now)
        drain_outbox()
        assert (payment.status, status(booking)) == ("authorised", "under_review")
        return payment

    @pytest.mark.parametrize(
        ("decision", "reason", "is_moved"),
        [("approve", "score_wrong", True), ("decline", "not_confirmed", False)],
    )
    def test_decides(self, sandbox, booking, new, now, payment, decision, reason, is_moved):
        case = ReviewCase.objects.get(payment_id=payment.pk)
        reviews.decide(case_id=case.pk, decision=decision, reason=reason, actor="olive", now=now)
        drain_outbox()
        make.drive(payment, now=now)

        assert (again(booking).session == new) is is_moved
        assert taken(sandbox) == 19200 + (2500 if is_moved else 0)
        assert again(booking).status == "confirmed"

    def test_nothing_is_cancelled_under_it(self, booking, now, payment):
        number = cancelling.number_of(
            cancelling.quote(booking=again(booking), attendee_ids=None, now=now)
        )

        with pytest.raises(rules.MoveUnderWay):
            cancelling.cancel(booking=again(booking), number=number, now=now)

        assert again(booking).status == "confirmed"
        assert not Refund.objects.exists()


class TestCalledOff:
    """Either date is called off while the move is not done: no money moves, and the customer is told."""

    @pytest.fixture(params=["old date", "new date"])
    def off(self, request, booking, new):
        return booking.session if request.param == "old date" else new

    def call_off(self, off, booking, now):
        session_cancelling.begin(
            session_id=off.pk, reason="too_few", note="", actor="staff:7", now=now
        )
        session_cancelling.settle_due(clock=lambda: now)
        drain_outbox()
        for payment in Payment.objects.filter(booking=booking):
            make.drive(payment, now=now)
        drain_outbox()

    def letters(self):
        return [
            each.kind.removeprefix("payments.")
            for each in Message.objects.filter(kind__startswith="payments.").order_by("kind")
        ]

    def test_ends_what_nobody_pays_for(self, sandbox, booking, new, now, off):
        hold(booking, new, now)
        self.call_off(off, booking, now)

        assert (status(booking), taken(sandbox)) == ("cancelled", 19200)
        assert "move_not_made" not in self.letters()

    def test_lets_go_of_one_that_is_being_checked(self, sandbox, booking, new, now, off, settings):
        settings.FRAUD_REVIEW_FROM = 0
        hold(booking, new, now)
        payment = pay(booking, sandbox, now)
        drain_outbox()
        assert status(booking) == "under_review"
        self.call_off(off, booking, now)

        payment.refresh_from_db()
        assert (payment.status, status(booking), taken(sandbox)) == (
            "cancelled",
            "cancelled",
            19200,
        )
        assert ReviewCase.objects.get(payment_id=payment.pk).state == "withdrawn"
        assert again(booking).session == booking.session
        assert self.letters().count("move_not_made") == 1

    def test_lets_go_of_one_that_waits_for_the_bank(self, sandbox, booking, new, now, off):
        hold(booking, new, now)
        payment = pay(booking, sandbox, now, card="pm_card_authenticationRequired")
        assert (payment.status, status(booking)) == ("requires_action", "paying")
        self.call_off(off, booking, now)

        payment.refresh_from_db()
        assert (payment.status, taken(sandbox)) == ("cancelled", 19200)
        assert status(booking) in ("cancelled", "expired", "open")
        intent = next(
            i for i in sandbox.books()["payment_intents"] if i["id"] == payment.gateway_id
        )
        assert intent["status"] == "canceled"


class TestCancelAfterwards:
    def test_gives_nothing_back_of_a_payment_that_was_lost_at_the_bank(
        self, sandbox, booking, new, now
    ):
        difference = moved(booking, new, sandbox, now)
        made = sandbox.dispute(payment_intent=difference.gateway_id)
        sandbox.move_dispute(made["id"], "lost")
        hear(sandbox, now)
        quote = cancelling.quote(booking=again(booking), attendee_ids=None, now=now)
        _, decided = cancelling.cancel(
            booking=again(booking), number=cancelling.number_of(quote), now=now
        )

        assert quote.refund_minor == 19200
        assert [(each.payment_id == difference.pk, each.amount_minor) for each in decided] == [
            (False, 19200)
        ]

    def test_gives_back_both_payments_newest_first_each_with_its_paper(
        self, sandbox, booking, new, now
    ):
        difference = moved(booking, new, sandbox, now)
        quote = cancelling.quote(booking=again(booking), attendee_ids=None, now=now)

        _, decided = cancelling.cancel(
            booking=again(booking), number=cancelling.number_of(quote), now=now
        )
        for each in decided:
            refunds_approved(each, now)
            make.drive(each, now=now, name="refund")
        drain_outbox()

        assert quote.refund_minor == 19200 + 2500
        assert [each.amount_minor for each in decided] == [2500, 19200]
        assert decided[0].payment_id == difference.pk
        notes = Document.objects.credit_notes()
        assert sorted(notes.values_list("gross_minor", flat=True)) == [2500, 19200]
        assert sum(notes.values_list("vat_minor", flat=True)) == quote.vat_minor
        assert sum(each["amount"] for each in sandbox.books()["refunds"]) == 19200 + 2500
        assert again(booking).status == "cancelled"

    def test_one_place_gives_back_what_it_cost_by_now(self, sandbox, booking, new, now):
        moved(booking, new, sandbox, now)
        [one, _] = again(booking).attendees.order_by("position")
        quote = cancelling.quote(booking=again(booking), attendee_ids=[one.pk], now=now)

        _, decided = cancelling.cancel(
            booking=again(booking), number=cancelling.number_of(quote), now=now
        )
        rest = cancelling.quote(booking=again(booking), attendee_ids=None, now=now)

        assert [each.amount_minor for each in decided] == [2500, DEARER - 2500]
        assert rest.refund_minor == DEARER

    def test_the_second_person_is_asked_for_by_the_sum(self, sandbox, booking, new, now, settings):
        settings.REFUND_APPROVAL_ABOVE_MINOR = 20000  # each alone would be below
        moved(booking, new, sandbox, now)

        decided = refunds.request_of_all(
            payments=list(Payment.objects.filter(booking=booking).order_by("-created_at")),
            amount_minor=21700,
            reason="policy",
            cancel_places=True,
            actor="staff:7",
            now=now,
        )

        assert [each.status for each in decided] == ["requested", "requested"]
        assert again(booking).status == "confirmed"


def refunds_approved(refund, now):
    if refund.needs_approval:
        refund_approvals.approve(refund_id=refund.pk, actor="staff:9", now=now)


class TestPage:
    def test_leads_from_the_date_to_the_card_and_back(self, client, booking, new):
        client.cookies[browser.COOKIE] = BROWSER
        at = f"/bookings/{booking.token}/move/"

        chosen = client.get(at, {"session": str(new.pk)}).content.decode()
        held = client.post(at, {"session": str(new.pk), "difference": "2500"})
        card = client.get(held.url).content.decode()
        shown = client.get(f"/bookings/{booking.token}/").content.decode()

        assert "Go on to pay £25.00" in chosen
        assert "Call us" not in chosen.split("<main", 1)[1].split("</main", 1)[0]
        assert held.url == f"{at}pay/"
        assert 'amount="2500"' in card
        assert (
            f'payments="/api/v1/bookings/{booking.token}/moves/{latest(booking).pk}/payments/"'
            in card
        )
        assert "Pay £25.00 and move" in shown

    def test_another_browser_sees_no_card_and_can_not_pay(self, client, booking, new, now):
        hold(booking, new, now)

        card = client.get(f"/bookings/{booking.token}/move/pay/").content.decode()
        answer = client.post(
            f"/api/v1/bookings/{booking.token}/moves/{latest(booking).pk}/payments/",
            {"confirmation_token": "ctoken_x123456789"}, content_type="application/json",
            HTTP_IDEMPOTENCY_KEY="0123456789abcdef0123",
        )  # fmt: skip

        assert "<stripe-pay" not in card
        assert answer.status_code == 403

    def test_waits_with_and_without_a_script_and_then_shows_the_booking(
        self, client, sandbox, booking, new, now
    ):
        hold(booking, new, now)
        at = f"/bookings/{booking.token}/move/pay/"
        sandbox.fault("timeout_after", path="/v1/payment_intents", method="POST", seconds=3)
        payment = pay(booking, sandbox, now)
        assert payment.status == "unknown"

        waiting = client.get(at).content.decode()
        make.drive(payment, now=now + timedelta(minutes=1))
        after = client.get(f"{at}?again=1", HTTP_HX_REQUEST="true")

        assert f'hx-get="{at}?again=1"' in waiting
        assert f'<noscript><meta http-equiv="refresh" content="5;url={at}?again=1">' in waiting
        assert after.headers["HX-Redirect"] == f"/bookings/{booking.token}/"

    def test_reads_the_pay_page_in_few_questions(
        self, client, booking, new, now, django_assert_max_num_queries
    ):
        client.cookies[browser.COOKIE] = BROWSER
        hold(booking, new, now)
        client.get(f"/bookings/{booking.token}/move/pay/")

        with django_assert_max_num_queries(8):
            client.get(f"/bookings/{booking.token}/move/pay/")
