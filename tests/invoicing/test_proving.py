"""The proof of the numbers: it says yes to what is right, also over New Year in London, and no to each way of wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from core import clock
from invoicing import metrics
from invoicing.models import NumbersProof
from invoicing.services import issue, proving
from payments.admin import money_check
from tests.core.backoffice import staff
from tests.core.invariants.world import unguard
from tests.courses.make import NOW
from tests.invoicing.builders import make_refund, make_sale
from tests.metrics import numbers as read

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2027, 1, 1, tzinfo=UTC)


def sell(at=NOW):
    return issue.invoice(payment_id=make_sale().pk, now=at)


@pytest.fixture
def papers():
    sale = make_sale()
    issue.invoice(payment_id=sale.pk, now=NOW)
    issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)
    return [sell(), sell()]


def broken(sql: str) -> list[str]:
    unguard()
    with connection.cursor() as cursor:
        cursor.execute(sql)
    return proving.prove(now=NOW).problems


class TestProve:
    def test_says_yes_to_what_is_right_and_remembers(self, papers):
        proof = proving.prove(now=NOW)

        assert (proof.problems, proof.papers, proof.series) == ([], 4, 2)
        assert proving.last() == proof
        told = read(metrics.read(NOW + timedelta(hours=2)))
        assert (told["invoice_numbers_wrong"], told["invoice_numbers_proved_seconds"]) == (0, 7200)

    def test_over_the_end_of_the_year_at_midnight_in_london(self):
        moments = (MIDNIGHT - timedelta(seconds=1), MIDNIGHT, MIDNIGHT + timedelta(minutes=1))
        labels = [sell(at).label for at in moments]

        assert labels == ["INV-2026-00001", "INV-2027-00001", "INV-2027-00002"]
        assert [run.last_label for run in proving.proved()] == ["INV-2027-00002", "INV-2026-00001"]
        assert proving.prove(now=NOW).problems == []

    def test_in_summer_the_day_begins_an_hour_earlier_and_the_year_does_not(self):
        sell(datetime(2027, 6, 30, 23, 30, tzinfo=UTC))

        assert proving.prove(now=NOW).problems == []

    @pytest.mark.parametrize(
        ("sql", "words"),
        [
            ("DELETE FROM invoicing_document WHERE kind = 'invoice' AND number = 2",
             "INV-2026: 1 number missing: 00002"),
            ("UPDATE invoicing_document SET number = 1 WHERE kind = 'invoice' AND number = 2",
             "INV-2026: 1 number used twice."),
            ("UPDATE invoicing_counter SET last_number = 5 WHERE series = 'CN'",
             "CN-2026: 4 numbers missing: 00002, 00003, 00004, 00005"),
            ("DELETE FROM invoicing_counter WHERE series = 'CN'",
             "CN-2026: a number that its counter never gave out."),
            ("UPDATE invoicing_document SET issued_at = issued_at - interval '1 s' WHERE number = 3",
             "INV-2026: 1 paper dated before the number before."),
            ("UPDATE invoicing_document SET issued_at = '2027-01-01Z' WHERE number = 3",
             "INV-2026: 1 paper issued in another year in London."),
        ],
    )  # fmt: skip
    def test_says_no_to_each_way_of_wrong(self, papers, sql, words):
        assert words in broken(sql)

    def test_sees_a_year_that_begins_before_the_last_one_ended(self):
        sell(MIDNIGHT - timedelta(minutes=1))
        sell(MIDNIGHT)

        problems = broken(
            "UPDATE invoicing_document SET issued_at = '2027-01-02Z' WHERE year = 2026"
        )

        assert "INV-2027: 1 paper dated before the number before." in problems


class TestDoors:
    def test_the_command_ends_with_1_where_something_is_wrong(self, papers, capsys):
        call_command("prove_numbers")
        assert "INV-2026-00003: 3 papers, proved" in capsys.readouterr().out

        unguard()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM invoicing_document WHERE kind = 'credit_note'")
        with pytest.raises(SystemExit) as end:
            call_command("prove_numbers")
        assert end.value.code == 1
        assert NumbersProof.objects.count() == 2

    def test_the_money_check_says_when_and_what(self, client, papers):
        client.force_login(staff.of_role("approver"))
        page = "/admin/payments/difference/"
        assert "proved for the first time tonight" in client.get(page).content.decode()

        proving.prove(now=clock.now())

        assert "no number is missing or doubled" in client.get(page).content.decode()
        assert [proof().title for proof in money_check._proofs] == ["Invoice numbers"]
