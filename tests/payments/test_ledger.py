"""The ledger: each movement balances, is written once, and nobody changes it."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from core.ids import uuid7
from payments.models import Account, LedgerEntry, LedgerMovement, LedgerSeal, Line
from payments.services import ledger, refund_sending, refunds
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db
TABLES = ("payments_ledgermovement", "payments_ledgerentry", "payments_ledgerseal")


@pytest.fixture
def payment(sandbox, now):
    payment = make.paid(sandbox, now=now, places=2)
    drain_outbox()
    return payment


@pytest.fixture
def movement(now):
    ledger.moved(kind="unplaced", source="ch_1", stripe_minor=500, payment_id=None, at=now, now=now)
    return LedgerMovement.objects.get()


def give_back(payment, now, amount_minor):
    refund = refunds.request(
        payment_id=payment.id, amount_minor=amount_minor, reason="goodwill", actor="olive", now=now
    )
    make.drive(refund, now=now, name="refund")
    refund.refresh_from_db()
    drain_outbox()
    return refund


def balances():
    return {each.account: each.net.minor for each in ledger.trial_balance() if each.net.minor}


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


class TestPosting:
    def test_a_payment_is_owed_by_stripe_and_paid_by_the_customer(self, payment):
        movement = LedgerMovement.objects.get()

        assert (movement.kind, movement.source) == ("charge", payment.charge_id)
        assert movement.at == payment.captured_at
        assert balances() == {"stripe": payment.captured_minor, "sales": -payment.captured_minor}

    def test_a_refund_takes_its_part_back(self, payment, now):
        refund = give_back(payment, now, 5000)

        left = payment.captured_minor - 5000
        assert LedgerMovement.objects.get(kind="refund").source == refund.gateway_id
        assert balances() == {"stripe": left, "sales": -left}

    def test_a_refund_that_the_bank_returns_stands_in_it_both_ways(self, payment, now):
        refund = give_back(payment, now, 5000)
        answer = make.gateway_refund(refund, status="failed", failure_reason="expired_card")
        refund_sending.apply(refund, answer, now=now + timedelta(days=3))
        drain_outbox(now=now + timedelta(days=3))

        assert LedgerMovement.objects.filter(source=refund.gateway_id).count() == 2
        assert balances() == {"stripe": payment.captured_minor, "sales": -payment.captured_minor}

    def test_the_same_fact_twice_is_one_movement(self, payment, now):
        assert ledger.taken(payment, now=now) is False

        assert LedgerMovement.objects.count() == 1
        assert LedgerEntry.objects.count() == 2

    def test_costs_one_statement(self, now, django_assert_num_queries):
        with django_assert_num_queries(1):
            ledger.moved(
                kind="fee", key="fee:txn_1", source="ch_1", stripe_minor=-34, payment_id=None,
                at=now, now=now,
            )  # fmt: skip

        assert balances() == {"stripe": -34, "fees": 34}


class TestBalance:
    def test_refuses_lines_that_do_not_balance(self, now):
        lines = [Line(Account.STRIPE, 100), Line(Account.SALES, -99)]
        with pytest.raises(ValueError, match="does not balance"):
            LedgerMovement.post(
                kind="charge", key="k", source="s", lines=lines, payment_id=None, at=now, now=now
            )

        assert not LedgerMovement.objects.exists()

    @pytest.mark.parametrize("amounts", [(100, -99), (100,), (100, 100)])
    def test_the_database_refuses_them_too(self, movement, now, amounts):
        with pytest.raises(IntegrityError, match="do not balance"), transaction.atomic():
            self.write(now, amounts)

        assert LedgerEntry.objects.count() == 2

    def test_the_database_refuses_a_movement_without_entries_at_commit(self, now):
        with pytest.raises(IntegrityError, match="has no entries"), transaction.atomic():
            self.write(now, ())
            run("SET CONSTRAINTS ALL IMMEDIATE")

        assert not LedgerMovement.objects.exists()

    def test_nothing_is_added_to_a_movement_later(self, movement):
        with pytest.raises(IntegrityError, match="do not balance"), transaction.atomic():
            movement.entries.create(account="stripe", amount_minor=1)

        assert movement.entries.count() == 2

    def test_without_the_trigger_it_would_stand(self, now):
        """The twin: what the guard keeps out."""
        run("ALTER TABLE payments_ledgerentry DISABLE TRIGGER payments_ledgerentry_balances")
        self.write(now, (100, -99))

        assert sum(balances().values()) == 1

    def write(self, now, amounts):
        wrong = LedgerMovement.objects.create(
            kind="charge", key=f"charge:{uuid7()}", source="s", at=now, recorded_at=now, digest="0"
        )
        LedgerEntry.objects.bulk_create(
            LedgerEntry(movement=wrong, account="stripe", amount_minor=amount) for amount in amounts
        )


class TestNeverChanges:
    @pytest.mark.parametrize("table", TABLES)
    @pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
    def test_refuses_the_owner(self, movement, now, table, statement):
        ledger.seal_days(now=now + timedelta(days=2))
        column = "day" if table == "payments_ledgerseal" else "id"
        with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
            run(statement.format(table, column, column))

        assert LedgerMovement.objects.get().digest == movement.digest
        assert LedgerEntry.objects.count() == 2
        assert LedgerSeal.objects.exists()

    @pytest.mark.parametrize("table", TABLES)
    @pytest.mark.parametrize(
        "statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
    )
    def test_the_application_has_no_right_to(self, movement, table, statement):
        column = "day" if table == "payments_ledgerseal" else "id"
        with pytest.raises((ProgrammingError, DatabaseError), match="denied"), transaction.atomic():
            run(f"SET LOCAL ROLE {settings.DB_APP_ROLE}")
            run(statement.format(table, column, column))

        assert LedgerMovement.objects.get().digest == movement.digest

    def test_the_application_may_add(self, now):
        with transaction.atomic():
            run(f"SET LOCAL ROLE {settings.DB_APP_ROLE}")
            added = ledger.moved(
                kind="payout", source="po_1", stripe_minor=-900, payment_id=None, at=now, now=now
            )
            run("RESET ROLE")

        assert added
        assert balances() == {"stripe": -900, "bank": 900}


class TestSeals:
    def test_are_made_by_the_application(self, movement, now):
        """It has no right to lock the table that it may only add to."""
        with transaction.atomic():
            run(f"SET LOCAL ROLE {settings.DB_APP_ROLE}")
            made = ledger.seal_days(now=now + timedelta(days=2))
            run("RESET ROLE")

        assert made[0].movements == 1

    def test_chain_each_day_to_the_one_before(self, movement, now):
        first, second = ledger.seal_days(now=now + timedelta(days=3))[:2]

        assert (first.movements, second.movements) == (1, 0)
        assert first.head != second.head

    def test_wait_until_a_day_is_over(self, movement, now):
        assert ledger.seal_days(now=now) == []

    def test_are_made_once(self, movement, now):
        made = ledger.seal_days(now=now + timedelta(days=2))

        assert ledger.seal_days(now=now + timedelta(days=2)) == []
        assert list(LedgerSeal.objects.order_by("day")) == made
