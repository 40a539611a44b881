"""The tables of states: every cell, the triggers that repeat them, and the history that only grows."""

import importlib
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from payments.models import Payment, PaymentTransition, Refund
from payments.models import states as tables
from payments.models.stateful import MovedMeanwhile, WrongState
from tests.courses.make import make_paying, make_session
from tests.payments import make

pytestmark = pytest.mark.django_db

guards = importlib.import_module("payments.migrations.0002_guards")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

PAYMENT_CELLS = """
created         send=in_flight block=blocked cancel=cancelled
in_flight       require_action=requires_action process=processing authorise=authorised fail=failed cancel=cancelled lose_sight=unknown
requires_action send=in_flight authorise=authorised fail=failed cancel=cancelled lose_sight=unknown
processing      send=in_flight authorise=authorised fail=failed cancel=cancelled lose_sight=unknown
authorised      capture=capturing cancel=cancelled lapse=lapsed
capturing       succeed=succeeded cancel=cancelled lapse=lapsed lose_sight=unknown
unknown         require_action=requires_action process=processing authorise=authorised succeed=succeeded fail=failed cancel=cancelled lapse=lapsed
succeeded
blocked
failed
cancelled
lapsed
"""
REFUND_CELLS = """
requested approve=approved send_back=sent_back reject=rejected
sent_back ask_again=requested
approved  send=in_flight reject=rejected
in_flight pend=pending succeed=succeeded fail=failed lose_sight=unknown
unknown   pend=pending succeed=succeeded fail=failed
pending   succeed=succeeded fail=failed
succeeded fail=failed
failed    settle_by_hand=settled_by_hand
rejected
settled_by_hand
"""


def cells(text: str) -> dict[tuple[str, str], str]:
    """What the design says, written once more by hand."""
    found: dict = {}
    for line in text.strip().splitlines():
        state, *moves = line.split()
        found |= {(state, action): to for action, to in (move.split("=") for move in moves)}
    return found


def all_cells(table, statuses):
    actions = {action for _, action in table}
    return itertools.product(statuses, sorted(actions))


@pytest.fixture
def payment(db):
    booking = make_paying(make_session())
    return Payment.begin(
        booking_id=booking.id,
        amount=booking.total,
        confirmation_token="ctoken_of_this_test",
        address="",
        device={},
        now=NOW,
    )


class TestTables:
    @pytest.mark.parametrize(
        ("table", "text", "statuses"),
        [
            (tables.PAYMENT, PAYMENT_CELLS, tables.PaymentStatus),
            (tables.REFUND, REFUND_CELLS, tables.RefundStatus),
        ],
    )
    def test_are_the_designs_in_every_cell(self, table, text, statuses):
        wanted = cells(text)

        for state, action in all_cells(table, statuses.values):
            assert table.get((state, action)) == wanted.get((state, action)), (state, action)

    @pytest.mark.parametrize(
        ("table", "pairs"), [(tables.PAYMENT, guards.PAYMENT), (tables.REFUND, guards.REFUND)]
    )
    def test_are_those_of_the_triggers(self, table, pairs):
        assert {(str(before), str(after)) for (before, _), after in table.items()} == set(pairs)

    def test_a_dispute_may_go_anywhere_but_stay(self):
        for before, after in itertools.product(tables.DisputeStatus, tables.DisputeStatus):
            cell = tables.DISPUTE.get((before, f"mirror_{after}"))
            assert cell == (after if before != after else None)


class TestMove:
    def test_every_cell_moves_or_refuses(self, payment):
        for state, action in all_cells(tables.PAYMENT, tables.PaymentStatus.values):
            wanted = tables.PAYMENT.get((state, action))
            payment.status = state
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("ALTER TABLE payments_payment DISABLE TRIGGER USER")
                Payment.objects.filter(pk=payment.pk).update(status="created")
                self.set_status(payment, state)
                if wanted is None:
                    with pytest.raises(WrongState):
                        payment._move(action, actor="a", cause="c", now=NOW)
                elif wanted == "succeeded":
                    facts = {"captured_minor": payment.amount_minor, "captured_at": NOW,
                             "gateway_id": "pi_1"}  # fmt: skip
                    payment._move(action, actor="a", cause="c", now=NOW, **facts)
                else:
                    payment._move(action, actor="a", cause="c", now=NOW)
                payment.refresh_from_db()
                assert payment.status == (wanted or state)
                transaction.set_rollback(True)

    def set_status(self, payment, state):
        changes = {"status": state}
        if state == "succeeded":
            changes |= {"captured_minor": payment.amount_minor, "captured_at": NOW,
                        "gateway_id": "pi_1"}  # fmt: skip
        Payment.objects.filter(pk=payment.pk).update(**changes)

    def test_leaves_a_line_of_history(self, payment):
        payment.send(now=NOW)

        last = PaymentTransition.objects.filter(payment=payment).order_by("id").last()
        assert (last.from_status, last.to_status, last.action, last.actor) == (
            "created",
            "in_flight",
            "send",
            "system",
        )

    def test_tells_the_second_of_two_hands(self, payment):
        other = Payment.objects.get(pk=payment.pk)
        other.send(now=NOW)

        with pytest.raises(MovedMeanwhile):
            payment.send(now=NOW + timedelta(seconds=1))

        assert PaymentTransition.objects.filter(payment=payment, action="send").count() == 1

    def test_seals_what_is_sealed(self, payment):
        payment.send(now=NOW)
        payment.require_action(now=NOW, client_secret="pi_1_secret_2", gateway_id="pi_1")

        with connection.cursor() as cursor:
            cursor.execute("SELECT client_secret FROM payments_payment")
            [raw] = cursor.fetchone()
        assert b"secret" not in bytes(raw)
        assert Payment.objects.get().client_secret == "pi_1_secret_2"


def refused(statement: str) -> str:
    """What the database says to a statement that it must not carry out."""
    with (
        pytest.raises(DatabaseError) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return str(refusal.value)


class TestGuards:
    def test_no_state_out_of_order(self, payment):
        words = refused("UPDATE payments_payment SET status = 'succeeded'")

        assert "never goes from created to succeeded" in words

    def test_history_is_never_changed_or_deleted(self, payment):
        for statement in (
            "UPDATE payments_paymenttransition SET actor = 'somebody else'",
            "DELETE FROM payments_paymenttransition",
        ):
            assert "only grows" in refused(statement)

    @pytest.mark.parametrize(
        ("changes", "constraint"),
        [
            ("amount_minor = 0", "amount_positive"),
            ("currency = 'EUR'", "gbp"),
            ("captured_minor = amount_minor + 1", "captured_within_amount"),
            ("refunded_minor = 1", "refunded_within_captured"),
            ("refunded_minor = -1", "refunded_within_captured"),
            ("status = 'paid'", "never goes"),
        ],
    )
    def test_sums_stay_within_their_bounds(self, payment, changes, constraint):
        assert constraint in refused(f"UPDATE payments_payment SET {changes}")

    def test_one_open_attempt_for_one_amount(self, payment):
        with pytest.raises(DatabaseError) as refusal, transaction.atomic():
            Payment.begin(
                booking_id=payment.booking_id,
                amount=payment.amount,
                confirmation_token="ctoken_another",
                address="",
                device={},
                now=NOW,
            )

        assert "payments_payment_one_open" in str(refusal.value)
        assert Payment.objects.count() == 1

    def test_an_intent_keeps_its_key(self, sandbox, now):
        make.paid(sandbox, now=now)

        words = refused("UPDATE payments_gatewaycall SET params_hash = 'another'")

        assert "keeps its key" in words

    def test_no_refund_is_done_on_our_word_alone(self, sandbox, now):
        from payments.services import refunds

        payment = make.paid(sandbox, now=now)
        refunds.request(
            payment_id=payment.id, amount_minor=100, reason="goodwill", actor="o", now=now
        )
        Refund.objects.get().send(now=now)

        assert "gateways_word" in refused("UPDATE payments_refund SET status = 'succeeded'")
