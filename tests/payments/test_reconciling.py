"""Our books beside Stripe's: in order nothing is found; each kind of difference that is planted is, and is named."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from core.audit.models import AuditEntry
from core.errors import Invalid
from payments.gateways import stripe as gateway
from payments.models import (
    BalanceTransaction,
    Difference,
    LedgerMovement,
    Payment,
    Payout,
    Reconciliation,
    Refund,
    WebhookEvent,
)
from payments.services import ledger, reconciling, refund_sending, refunds
from payments.services.reconciling import balance, mending
from payments.services.reconciling.finding import Span
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db
GUARDED = (
    "payments_payment", "payments_refund", "payments_dispute", "payments_ledgermovement",
    "payments_ledgerentry",
)  # fmt: skip
SOON = timedelta(minutes=10)


@pytest.fixture
def payment(sandbox, now):
    payment = make.paid(sandbox, now=now, places=2)
    drain_outbox()
    return payment


@pytest.fixture
def refund(payment, now):
    refund = refunds.request(
        payment_id=payment.id, amount_minor=5000, reason="goodwill", actor="olive", now=now
    )
    make.drive(refund, now=now, name="refund")
    refund.refresh_from_db()
    drain_outbox()
    return refund


def look(now):
    """What a comparison ten minutes from now says: everything has come to rest by then."""
    return reconciling.recent(now=now + SOON)


def span_of(now):
    return Span(since=now - timedelta(days=1), until=now + SOON, settled=now + SOON)


def found():
    """The differences that stand, as (kind, subject)."""
    rows = Difference.objects.filter(status="open").order_by("kind")
    return [(row.kind, row.subject) for row in rows]


def stripe_balance(sandbox):
    return sum(each["net"] for each in sandbox.books()["balance_transactions"])


def our_balance():
    return {each.account: each.net.minor for each in ledger.trial_balance()}


class TestInOrder:
    def test_nothing_differs_and_the_balance_is_stripe_s_to_the_penny(
        self, sandbox, now, payment, refund
    ):
        run = look(now)

        assert found() == []
        assert (run.differences, run.failure, run.slot) == (0, "", None)
        assert run.compared == {
            "payments": 1, "refunds": 1, "disputes": 0, "balance": 2, "ledger": 0,
        }  # fmt: skip
        assert our_balance()["stripe"] == stripe_balance(sandbox)
        assert our_balance()["fees"] > 0

    def test_twice_changes_nothing(self, sandbox, now, payment, refund):
        look(now)
        before = LedgerMovement.objects.count(), BalanceTransaction.objects.count()
        look(now)

        assert (LedgerMovement.objects.count(), BalanceTransaction.objects.count()) == before
        assert found() == []

    def test_a_payout_is_what_it_carried(self, sandbox, now, payment, refund):
        sandbox.payout()
        look(now)

        assert found() == []
        assert our_balance()["stripe"] == stripe_balance(sandbox) == 0
        assert our_balance()["bank"] == sandbox.books()["payouts"][0]["amount"]

    def test_a_payout_may_carry_what_is_older_than_the_span(self, sandbox, now, payment):
        sandbox.advance(timedelta(days=3).total_seconds())
        sandbox.payout()
        later = now + timedelta(days=4)
        reconciling.reconcile(since=now + timedelta(days=2), until=later, now=later)

        assert Payout.objects.get().amount_minor == sandbox.books()["payouts"][0]["amount"]
        assert not BalanceTransaction.objects.filter(source=payment.charge_id).exists()
        assert found() == []

    def test_a_dispute_takes_its_money_and_its_fee(self, sandbox, now, payment):
        sandbox.dispute(charge=payment.charge_id)
        look(now)

        assert found() == []
        assert our_balance()["disputes"] == payment.captured_minor
        assert our_balance()["stripe"] == stripe_balance(sandbox)

    def test_what_nobody_told_us_is_fetched(self, sandbox, now, payment):
        sandbox.webhooks("never")
        made = sandbox.api(
            "POST", "refunds", {"payment_intent": payment.gateway_id, "amount": "1000"}
        )
        assert not Refund.objects.exists()

        run = look(now)
        drain_outbox()

        assert run.fetched_events >= 1
        assert Refund.objects.get().gateway_id == made["id"]
        assert look(now).differences == 0


class TestPlanted:
    @pytest.fixture(autouse=True)
    def in_order(self, payment, refund, now):
        """All that was said is known, and nothing refuses a fault."""
        look(now)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in GUARDED:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")

    def test_taken_at_stripe_and_not_known_here(self, sandbox, now):
        intent = sandbox.api(
            "POST", "payment_intents",
            {"amount": "700", "currency": "gbp", "confirm": "true", "payment_method": make.VISA,
             "payment_method_types[]": "card"},
        )  # fmt: skip
        look(now)

        assert found() == [("payment_unknown", intent["id"])]
        assert our_balance()["unplaced"] == -700
        assert our_balance()["stripe"] == stripe_balance(sandbox)

    def test_taken_here_and_not_known_at_stripe(self, now, payment):
        Payment.objects.filter(pk=payment.pk).update(gateway_id="pi_gone", operation_id="gone")
        look(now)

        assert ("payment_missing", "pi_gone") in found()

    def test_taken_with_another_amount(self, now, payment):
        Payment.objects.filter(pk=payment.pk).update(
            captured_minor=payment.captured_minor - 100, amount_minor=payment.captured_minor - 100
        )
        look(now)

        row = Difference.objects.get()
        assert (row.kind, row.theirs_minor) == ("payment_amount", payment.captured_minor)
        assert row.theirs_minor - row.ours_minor == 100

    def test_ended_here_and_taken_there(self, now, payment):
        Payment.objects.filter(pk=payment.pk).update(status="cancelled")
        look(now)

        row = Difference.objects.get(kind="payment_state")
        assert (row.ours_word, row.theirs_word) == ("cancelled", "succeeded")

    def test_given_back_there_and_not_known_here(self, now, refund):
        Refund.objects.filter(pk=refund.pk).update(gateway_id="re_other", operation_id="other")
        look(now)

        assert ("refund_unknown", refund.gateway_id) in found()
        assert ("refund_missing", "re_other") in found()

    def test_given_back_with_another_amount(self, now, refund):
        Refund.objects.filter(pk=refund.pk).update(amount_minor=4000)
        look(now)

        row = Difference.objects.get()
        assert (row.kind, row.ours_minor, row.theirs_minor) == ("refund_amount", 4000, 5000)

    def test_a_refund_that_stands_otherwise(self, now, refund):
        Refund.objects.filter(pk=refund.pk).update(status="failed")
        look(now)

        row = Difference.objects.get(kind="refund_state")
        assert (row.ours_word, row.theirs_word) == ("failed", "succeeded")

    def test_a_dispute_that_stands_otherwise(self, sandbox, now, payment):
        sandbox.dispute(charge=payment.charge_id)
        look(now)
        dispute = payment.disputes.get()
        payment.disputes.update(status="won")
        look(now)

        assert found() == [("dispute_state", dispute.gateway_id)]

    def test_moved_there_and_not_in_the_ledger(self, now, payment):
        charge = LedgerMovement.objects.get(kind="charge")
        charge.entries.all()._raw_delete("default")
        LedgerMovement.objects.filter(pk=charge.pk)._raw_delete("default")
        look(now)

        # Stripe's fee is booked on its word, so the source is known: the amount is not.
        assert found() == [("ledger_amount", payment.charge_id)]

    def test_in_the_ledger_and_not_moved_there(self, now, payment):
        ledger.moved(
            kind="charge",
            source="ch_none",
            stripe_minor=900,
            payment_id=payment.pk,
            at=now,
            now=now,
        )
        look(now)

        assert found() == [("ledger_unknown", "ch_none")]

    def test_a_payout_that_is_not_the_sum_of_what_it_carried(self, sandbox, now):
        sandbox.payout()
        look(now)
        Payout.objects.update(amount_minor=F("amount_minor") + 1)
        [payout] = sandbox.books()["payouts"]
        keys = [(each.kind, each.subject) for each in balance.compare(span_of(now))]

        assert keys == [("payout_sum", payout["id"])]

    def test_a_message_that_is_lost(self, sandbox, now, payment):
        WebhookEvent.objects.all().delete()

        assert look(now).fetched_events == len(sandbox.books()["events"])

    def test_ends_by_itself_once_it_is_gone(self, now, payment):
        Payment.objects.filter(pk=payment.pk).update(
            captured_minor=payment.captured_minor - 100, amount_minor=payment.captured_minor - 100
        )
        look(now)
        Payment.objects.filter(pk=payment.pk).update(
            captured_minor=payment.captured_minor, amount_minor=payment.captured_minor
        )
        look(now)

        row = Difference.objects.get()
        assert (row.status, row.ended_by) == ("gone", "gateway")

    def test_is_one_row_however_often_it_is_found(self, now, payment):
        Payment.objects.filter(pk=payment.pk).update(
            captured_minor=payment.captured_minor - 100, amount_minor=payment.captured_minor - 100
        )
        look(now)
        look(now + timedelta(hours=1))

        row = Difference.objects.get()
        assert row.last_seen_at > row.first_seen_at


class TestAlone:
    def test_refuses_a_second_one_at_the_same_time(self, sandbox, now):
        Reconciliation.objects.create(slot="running", since=now, until=now, started_at=now)

        with pytest.raises(reconciling.UnderWay):
            reconciling.recent(now=now)

        assert Reconciliation.objects.count() == 1

    def test_takes_over_from_one_that_died(self, sandbox, now):
        died = now - timedelta(hours=1)
        Reconciliation.objects.create(slot="running", since=died, until=died, started_at=died)

        run = reconciling.recent(now=now)

        assert run.slot is None
        assert Reconciliation.objects.exclude(pk=run.pk).get().failure


class TestAll:
    def test_goes_back_slice_by_slice_to_the_oldest_day(self, sandbox, now, settings):
        settings.RECONCILE_DAYS = 50
        more = [reconciling.slice_of_all(nth=nth, now=now) for nth in range(4)]

        spans = Reconciliation.objects.order_by("since").values_list("since", "until")
        assert more == [True, True, False, False]
        assert [until - since for since, until in spans] == [
            timedelta(days=n) for n in (10, 20, 20)
        ]
        assert spans[0][0] == now - timedelta(days=50)


class TestMending:
    @pytest.fixture
    def lost(self, sandbox, payment, now):
        """A refund that was made at Stripe and is not known here: its message is, its row is not."""
        made = sandbox.api(
            "POST", "refunds", {"payment_intent": payment.gateway_id, "amount": "1000"}
        )
        for each in sandbox.books()["events"]:
            WebhookEvent.store(
                waits=False, account="", livemode=False, event_id=each["id"], type=each["type"],
                happened_at=now, now=now,
            )  # fmt: skip
        look(now)
        return made

    def test_adopts_a_refund_made_at_stripe(self, now, lost, payment):
        difference = mending.adopt(
            difference_id=Difference.objects.get(kind="refund_unknown").pk, actor="olive",
            now=now + SOON,
        )  # fmt: skip
        drain_outbox()

        refund = Refund.objects.get()
        assert (refund.gateway_id, refund.external, refund.amount_minor) == (lost["id"], True, 1000)
        assert difference.status == "gone"
        assert look(now + SOON).differences == 0
        assert our_balance()["unplaced"] == 0

    def test_looking_again_ends_what_is_gone(self, now, lost, payment):
        row = Difference.objects.get(kind="refund_unknown")
        kept = mending.look_again(difference_id=row.pk, actor="olive", now=now + SOON)
        assert kept.status == "open"

        refund_sending.adopt(payment=payment, answer=gateway.refund(lost["id"]), now=now)
        ended = mending.look_again(difference_id=row.pk, actor="olive", now=now + SOON)

        assert ended.status == "gone"

    def test_stays_explained_until_it_changes(self, now, lost):
        row = Difference.objects.get(kind="refund_unknown")
        mending.explain(difference_id=row.pk, note="A test of the bank’s.", actor="olive", now=now)
        look(now)
        assert not Difference.objects.filter(kind="refund_unknown", status="open").exists()

        Difference.objects.filter(pk=row.pk).update(theirs_minor=999)
        look(now)

        assert Difference.objects.filter(kind="refund_unknown", status="open").count() == 1

    def test_is_given_to_a_person(self, now, lost):
        row = Difference.objects.get(kind="refund_unknown")
        given = mending.give_to(difference_id=row.pk, person="Priya", actor="olive", now=now)
        look(now)

        row.refresh_from_db()
        assert (row.status, row.given_to) == ("given", "Priya")
        assert AuditEntry.objects.get(action="difference.given").subject.endswith(str(given.pk))

    @pytest.mark.parametrize("note", ["", "  ", "x" * 2001])
    def test_refuses_an_empty_or_endless_reason(self, now, lost, note):
        row = Difference.objects.get(kind="refund_unknown")
        with pytest.raises(Invalid):
            mending.explain(difference_id=row.pk, note=note, actor="olive", now=now)

        row.refresh_from_db()
        assert row.status == "open"

    def test_refuses_to_adopt_what_has_no_payment(self, now, lost):
        row = Difference.objects.create(
            kind="payment_unknown",
            subject="pi_x",
            happened_at=now,
            first_seen_at=now,
            last_seen_at=now,
        )
        with pytest.raises(mending.NothingToAdopt):
            mending.adopt(difference_id=row.pk, actor="olive", now=now)

        row.refresh_from_db()
        assert row.status == "open"

    def test_refuses_what_is_settled(self, now, lost):
        row = Difference.objects.get(kind="refund_unknown")
        mending.explain(difference_id=row.pk, note="Known.", actor="olive", now=now)
        with pytest.raises(mending.EndedAlready):
            mending.give_to(difference_id=row.pk, person="Priya", actor="olive", now=now)

        row.refresh_from_db()
        assert row.given_to == ""


class TestCommand:
    def test_ends_with_0_when_nothing_differs(self, sandbox, payment, capsys):
        call_command("reconcile")

        assert "to the penny" in capsys.readouterr().out

    def test_ends_with_1_and_names_what_differs(self, sandbox, now, payment, capsys):
        Difference.objects.create(
            kind="payment_unknown", subject="pi_x", theirs_minor=700, theirs_word="succeeded",
            happened_at=now - timedelta(days=9), first_seen_at=now, last_seen_at=now,
        )  # fmt: skip
        with pytest.raises(SystemExit) as ended:
            call_command("reconcile", "--json")

        [told] = json.loads(capsys.readouterr().out)["differences"]
        assert ended.value.code == 1
        assert (told["subject"], told["theirs"]) == ("pi_x", 700)

    def test_refuses_days_in_the_wrong_order(self, sandbox):
        with pytest.raises(CommandError, match="must be before"):
            call_command("reconcile", "--from", "2026-11-02", "--to", "2026-11-01")

        assert not Reconciliation.objects.exists()
