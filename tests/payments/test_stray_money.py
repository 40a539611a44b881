"""Money without a place in our books: found once, decided by a person, and given back no more than once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from core.audit import selectors as audit
from core.errors import Invalid
from core.invariants import books, runner
from core.mail.models import Message
from core.sagas import services as interventions
from core.sagas.models import SagaRun
from payments.admin import today
from payments.models import (
    GatewayCall,
    PaymentStatus,
    Refund,
    StrayKind,
    StrayMoney,
    StrayStatus,
)
from payments.services import endings, stray_money
from tests.outbox_tools import drain_outbox
from tests.payments import make
from tests.payments.test_webhooks import tell

pytestmark = pytest.mark.django_db

BY = {"note": "the customer called", "actor": "staff:1"}


def stray_payment(sandbox, now):
    """Abandoned here, and taken at the gateway all the same."""
    booking = make.ready(now=now)
    payment = make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
    make.answer_bank(sandbox, payment)
    endings.abandoned(payment, cause="abandoned", now=now)
    sandbox.api("POST", f"payment_intents/{payment.gateway_id}/capture")
    return payment


@pytest.fixture
def payment(sandbox, now):
    return stray_payment(sandbox, now)


@pytest.fixture
def stray(sandbox, now, payment):
    [event] = sandbox.events("payment_intent.succeeded")
    assert tell(event, now).state == "done"
    return StrayMoney.objects.get()


def send(stray, now, **ahead):
    run = make.drive(stray, now=now + timedelta(**ahead), name="stray_money")
    stray.refresh_from_db()
    return run


@pytest.fixture
def stuck(sandbox, now, payment, stray):
    """It was to go back, and the bank has a dispute about it."""
    sandbox.dispute(payment_intent=payment.gateway_id)
    stray_money.give_back(stray_id=stray.id, now=now, **BY)
    assert send(stray, now).state == "needs_attention"
    return stray


def refunds_there(sandbox):
    return sandbox.books()["refunds"]


class TestFound:
    def test_is_on_the_list_with_its_amount(self, sandbox, now, payment, stray):
        payment.refresh_from_db()
        assert (stray.kind, stray.status) == (StrayKind.PAYMENT, StrayStatus.OPEN)
        assert (stray.payment, stray.amount_minor) == (payment, payment.amount_minor)
        assert payment.status == PaymentStatus.CANCELLED
        assert today.stray_money(now).number == 1

    def test_is_there_once_however_often_it_is_told(self, sandbox, now, stray):
        for event in sandbox.events("payment_intent.amount_capturable_updated"):
            tell(event, now)

        assert StrayMoney.objects.count() == 1

    def test_is_not_what_went_back_at_stripe(self, sandbox, now, payment):
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id})

        for kind in ("payment_intent.succeeded", "refund.created"):
            assert tell(sandbox.events(kind)[0], now).state == "done"

        assert not StrayMoney.objects.exists()
        assert not Refund.objects.exists()

    def test_is_not_what_was_only_set_aside_and_let_go(self, sandbox, now):
        """Stripe counts the authorisation that it let go as refunded, and its message may come after our last word."""
        payment = make.pay(make.ready(now=now), sandbox, "pm_card_authenticationRequired", now=now)
        make.answer_bank(sandbox, payment)
        sandbox.api("POST", f"payment_intents/{payment.gateway_id}/cancel")
        endings.abandoned(payment, cause="abandoned", now=now)

        for each in sandbox.events("payment_intent.canceled"):
            assert tell(each, now).state == "done"

        assert not StrayMoney.objects.exists()

    def test_stays_matched(self, sandbox, now, stray):
        stray_money.match(stray_id=stray.id, now=now, **BY)

        for event in sandbox.events("payment_intent.amount_capturable_updated"):
            tell(event, now)

        stray.refresh_from_db()
        assert stray.status == StrayStatus.MATCHED


class TestGiveBack:
    def test_sends_all_of_it_and_tells_the_customer(self, sandbox, now, payment, stray):
        stray_money.give_back(stray_id=stray.id, now=now, **BY)
        assert refunds_there(sandbox) == []
        run = send(stray, now)
        drain_outbox()

        [made] = refunds_there(sandbox)
        mail = Message.objects.get(kind="payments.stray_money_returned")
        assert run.state == "completed"
        assert stray.status == StrayStatus.GIVEN_BACK
        assert made["amount"] == payment.amount_minor
        assert "£96.00 is on its way to" in mail.text
        assert not Refund.objects.exists()

    def test_is_on_record(self, sandbox, now, stray):
        stray_money.give_back(stray_id=stray.id, now=now, **BY)
        send(stray, now)

        entries = audit.history(f"payments.straymoney:{stray.id}")
        assert [each.action for each in entries] == [
            "stray_money.found", "stray_money.giving_back", "stray_money.given_back",
        ]  # fmt: skip
        assert (entries[1].actor, entries[1].reason) == ("staff:1", "the customer called")

    def test_leaves_the_gateways_own_word_of_it_alone(self, sandbox, now, stray):
        stray_money.give_back(stray_id=stray.id, now=now, **BY)
        send(stray, now)

        [event] = sandbox.events("refund.created")
        assert tell(event, now).state == "done"
        assert not Refund.objects.exists()
        assert StrayMoney.objects.get().status == StrayStatus.GIVEN_BACK

    @pytest.mark.parametrize(
        "fault",
        ["429", "409", "error_before", "error_after", "timeout_after", "drop", "drop_after",
         "html502", "silence"],
    )  # fmt: skip
    def test_sends_it_once_whatever_the_gateway_answers(
        self, sandbox, now, stray, fault, monkeypatch
    ):
        monkeypatch.setattr("payments.gateways.transport.CALL_SECONDS", 0.6)
        sandbox.fault(fault, path="/v1/refunds", method="POST", times=2, seconds=2)
        stray_money.give_back(stray_id=stray.id, now=now, **BY)

        for minutes in (0, 1, 5, 30):
            send(stray, now, minutes=minutes)

        [charge] = sandbox.books()["charges"]
        assert stray.status == StrayStatus.GIVEN_BACK
        assert len(refunds_there(sandbox)) == 1
        assert charge["amount_refunded"] == charge["amount_captured"]

    def test_a_crash_after_the_answer_sends_nothing_again(self, sandbox, now, stray, monkeypatch):
        stray_money.give_back(stray_id=stray.id, now=now, **BY)
        with monkeypatch.context() as broken:
            broken.setattr(stray_money, "_given_back", lambda *_order: 1 / 0)
            send(stray, now)
        assert stray.status == StrayStatus.GIVING_BACK

        send(stray, now, minutes=1)

        assert stray.status == StrayStatus.GIVEN_BACK
        assert GatewayCall.objects.get(verb__startswith="refund").sends == 1
        assert len(refunds_there(sandbox)) == 1

    def test_waits_for_a_person_while_it_is_disputed(self, sandbox, now, payment, stray):
        sandbox.dispute(payment_intent=payment.gateway_id)
        stray_money.give_back(stray_id=stray.id, now=now, **BY)

        run = send(stray, now)

        assert run.state == "needs_attention"
        assert stray.status == StrayStatus.GIVING_BACK
        assert refunds_there(sandbox) == []
        with pytest.raises(interventions.NotPossible):
            interventions.mark_done_by_hand(run_id=run.id, actor="staff:1", reason="x", now=now)

    def test_that_can_not_go_back_is_matched_by_hand(self, sandbox, now, stuck):
        """A lost dispute, a closed card: neither is there a way back nor may it stay on the list for ever."""
        stray_money.match(stray_id=stuck.id, note="lost the dispute", actor="staff:2", now=now)

        stuck.refresh_from_db()
        assert (stuck.status, stuck.decided_by) == (StrayStatus.MATCHED, "staff:2")
        assert SagaRun.objects.get(subject_id=stuck.id).state == "completed"
        assert audit.history(f"payments.straymoney:{stuck.id}")[2].before == {
            "status": StrayStatus.GIVING_BACK.value
        }
        assert refunds_there(sandbox) == []

    def test_is_not_matched_while_it_is_tried(self, sandbox, now, stuck):
        run = make.run_of(stuck, "stray_money")
        interventions.retry_step(run_id=run.id, actor="staff:1", now=now)

        with pytest.raises(stray_money.DecidedAlready):
            stray_money.match(stray_id=stuck.id, note="no", actor="staff:2", now=now)

        stuck.refresh_from_db()
        assert (stuck.status, stuck.decided_by) == (StrayStatus.GIVING_BACK, "staff:1")

    def test_is_not_given_back_again_while_it_stands_still(self, sandbox, now, stuck):
        with pytest.raises(stray_money.DecidedAlready):
            stray_money.give_back(stray_id=stuck.id, now=now, **BY)

        assert SagaRun.objects.filter(subject_id=stuck.id).count() == 1

    def test_that_the_bank_returns_is_on_the_list_again(self, sandbox, now, settings):
        settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101
        payment = make.pay(make.ready(now=now), sandbox, "pm_card_refundFail", now=now)
        endings.let_go(payment, ending="decline", now=now)
        sandbox.api("POST", f"payment_intents/{payment.gateway_id}/capture")
        tell(sandbox.events("payment_intent.succeeded")[-1], now)
        stray = StrayMoney.objects.get()
        for turn in range(2):
            decided_at = now + timedelta(days=turn)
            stray_money.give_back(stray_id=stray.id, now=decided_at, **BY)
            send(stray, decided_at)
            assert stray.status == StrayStatus.GIVEN_BACK
            assert len(refunds_there(sandbox)) == turn + 1
            sandbox.advance(3600)
            tell(sandbox.events("refund.failed")[turn], now)
            stray.refresh_from_db()
            assert stray.status == StrayStatus.OPEN

        with pytest.raises(stray_money.TriedTwice):
            stray_money.give_back(stray_id=stray.id, now=now, **BY)

        stray.refresh_from_db()
        assert stray.status == StrayStatus.OPEN
        assert SagaRun.objects.filter(subject_id=stray.id).count() == 2


class TestDecide:
    @pytest.mark.parametrize("act", [stray_money.give_back, stray_money.match])
    def test_wants_a_reason(self, now, stray, act):
        with pytest.raises(Invalid):
            act(stray_id=stray.id, note=" ", actor="staff:1", now=now)

        stray.refresh_from_db()
        assert (stray.status, stray.decided_by) == (StrayStatus.OPEN, "")
        assert not SagaRun.objects.filter(subject_id=stray.id).exists()

    @pytest.mark.parametrize("second", [stray_money.give_back, stray_money.match])
    @pytest.mark.parametrize("first", [stray_money.give_back, stray_money.match])
    def test_is_done_once(self, now, stray, first, second):
        decided = first(stray_id=stray.id, now=now, **BY)

        with pytest.raises(stray_money.DecidedAlready):
            second(stray_id=stray.id, note="no", actor="staff:2", now=now)

        stray.refresh_from_db()
        assert (stray.status, stray.decided_by) == (decided.status, "staff:1")

    def test_gives_nothing_back_that_has_gone_already(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        stray = stray_money.found(
            payment=payment, kind=StrayKind.REFUND, gateway_id="re_1", amount_minor=100, now=now
        )

        with pytest.raises(Invalid):
            stray_money.give_back(stray_id=stray.id, now=now, **BY)

        stray.refresh_from_db()
        assert stray.status == StrayStatus.OPEN
        with pytest.raises(IntegrityError), transaction.atomic():
            StrayMoney.objects.update(status="giving_back", decided_by="x", decided_at=now)


class TestConsole:
    @pytest.fixture
    def staff(self):
        return self.somebody("view_straymoney", "add_refund", "view_payment")

    @staticmethod
    def somebody(*permissions):
        user = User.objects.create_user("sam", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    @staticmethod
    def address(stray):
        return reverse("admin:payments_straymoney_decision", args=[stray.pk])

    @pytest.mark.parametrize(
        ("choice", "button"),
        [("give_back", "Give back £96.00"), ("match", "Match £96.00 by hand")],
    )
    def test_shows_what_happens_before_it_decides(self, staff, stray, choice, button):
        shown = staff.get(self.address(stray)).content.decode()
        page = staff.post(self.address(stray), {"choice": choice, "note": "why"}).content.decode()

        stray.refresh_from_db()
        assert "Give £96.00 back to the card" in shown
        assert button in page
        assert stray.status == StrayStatus.OPEN

    @pytest.mark.parametrize(
        ("choice", "status"),
        [("give_back", StrayStatus.GIVING_BACK), ("match", StrayStatus.MATCHED)],
    )
    def test_writes_the_decision_once(self, staff, stray, choice, status):
        fields = {
            "choice": choice, "note": "why", "confirmed": f"{choice}:9600",
            "idempotency_key": "k" * 32,
        }  # fmt: skip

        answers = [staff.post(self.address(stray), fields) for _ in range(2)]

        stray.refresh_from_db()
        assert [answer.status_code for answer in answers] == [302, 302]
        assert (stray.status, stray.note) == (status, "why")
        assert not GatewayCall.objects.filter(verb="refund").exists()

    @pytest.mark.parametrize(
        "fields",
        [
            {"choice": "give_back", "note": "why", "confirmed": "give_back:9500"},
            {"choice": "give_back", "note": "why", "confirmed": "match:9600"},
            {"choice": "give_back", "note": "", "confirmed": "give_back:9600"},
            {"choice": "keep", "note": "why", "confirmed": "keep:9600"},
            {},
        ],
    )
    def test_refuses_what_was_not_shown(self, staff, stray, fields):
        page = staff.post(self.address(stray), fields)

        stray.refresh_from_db()
        assert page.status_code == 200
        assert stray.status == StrayStatus.OPEN

    def test_asks_for_the_permission(self, stray):
        fields = {"choice": "match", "note": "why", "confirmed": "match:9600"}

        page = self.somebody("view_straymoney").post(self.address(stray), fields)

        stray.refresh_from_db()
        assert page.status_code == 403
        assert stray.status == StrayStatus.OPEN

    def test_offers_only_to_match_what_could_not_go_back(self, sandbox, staff, now, payment, stray):
        sandbox.dispute(payment_intent=payment.gateway_id)
        stray_money.give_back(stray_id=stray.id, now=now, **BY)
        moving = staff.get(self.address(stray)).content.decode()
        send(stray, now)

        page = staff.get(self.address(stray)).content.decode()

        assert "Nothing is to be decided" in moving
        assert "could not be given back" in page
        assert 'value="match"' in page
        assert 'value="give_back"' not in page

    def test_is_where_its_button_leads(self, staff, stray):
        page = staff.get(reverse("admin:payments_straymoney_decide", args=[stray.pk]), follow=True)

        assert page.redirect_chain == [(self.address(stray), 302)]
        assert "See what this does" in page.content.decode()

    def test_lists_and_tells_its_story(self, staff, now, stray):
        stray_money.match(stray_id=stray.id, now=now, **BY)

        listed = staff.get(reverse("admin:payments_straymoney_changelist")).content.decode()
        page = staff.get(reverse("admin:payments_straymoney_change", args=[stray.pk]))

        assert stray.gateway_id in listed
        assert "Matched by hand" in listed
        assert "the customer called" in page.content.decode()


class TestInvariants:
    """What is decided is no longer broken; what nobody has decided is."""

    @pytest.mark.parametrize(
        ("decide", "broken"),
        [(None, {"INV-03"}), (stray_money.match, set()), (stray_money.give_back, set())],
    )
    def test_know_of_it(self, sandbox, now, stray, decide, broken):
        if decide is not None:
            decide(stray_id=stray.id, now=now, **BY)
        if decide is stray_money.give_back:
            send(stray, now)
        later = now + timedelta(hours=1)

        with connection.cursor() as cursor:
            given = books.load(cursor, sandbox.books())
            report = runner.check(cursor, given=given, now=later, grace=timedelta(minutes=5))

        assert {each.id for each in report.violations} & {"INV-03", "INV-12"} == broken
