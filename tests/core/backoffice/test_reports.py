"""Reports say what the ledger says, to whom they are meant for, and leave the house written down."""

import csv
import datetime as dt
import io

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock, formats
from core.audit.models import AuditEntry
from core.backoffice import reports
from courses.models import Course
from payments.models import LedgerEntry, LedgerMovement
from payments.services.ledger import lines_of
from tests.core.backoffice.staff import of_role

pytestmark = pytest.mark.django_db
PAGE = "/admin/backoffice/report/of/{}/"
ALL = (
    "money-by-month", "money-by-course", "money-by-place", "fill-rate", "refunds", "reviews",
    "vat", "funnel",
)  # fmt: skip


@pytest.fixture
def shop():
    call_command("load_sample_catalogue", bookings=120, verbosity=0)


def report(name: str) -> reports.Report:
    admin.autodiscover()
    return next(each for _, each in reports._reports if each.name == name)


def whole() -> reports.Period:
    return reports.period(36, formats.local_date(clock.now()))


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(of_role(role))
    return client


def ledger(**wanted) -> int:
    entries = LedgerEntry.objects.filter(account="sales", **wanted)
    return entries.aggregate(total=Sum("amount_minor", default=0))["total"]


class TestFigures:
    def test_money_comes_to_the_ledgers_sums(self, shop):
        taken, back = -ledger(movement__kind="charge"), ledger(movement__kind="refund")
        assert taken > back > 0

        for name in ("money-by-month", "money-by-course", "money-by-place"):
            sums = [sum(row[at] for row in report(name).rows(whole())) for at in (1, 2, 3)]
            assert sums == [taken, back, taken - back], name
        assert sum(row[2] for row in report("refunds").rows(whole())) == back

    def test_months_end_at_londons_midnight(self):
        """Half past midnight on 1 July in London is 30 June in UTC."""
        at = dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)
        june, july = (
            reports.Period(1, dt.date(2026, month, 1), dt.date(2026, month + 1, 1))
            for month in (6, 7)
        )
        LedgerMovement.post(
            kind="charge", key="charge:ch_night", source="ch_night", payment_id=None, at=at, now=at,
            lines=lines_of("charge", 9600),
        )  # fmt: skip

        rows = report("money-by-month").rows

        assert rows(june) == []
        assert rows(july) == [("2026-07", 9600, 0, 9600)]

    @pytest.mark.parametrize("name", ALL)
    def test_is_one_statement(self, shop, name):
        with CaptureQueriesContext(connection) as queries:
            report(name).rows(whole())

        assert len(queries) == 1


class TestPages:
    def test_all_are_listed_and_answer_with_and_without_rows(self, shop):
        owner = signed_in("owner")
        listed = owner.get("/admin/backoffice/report/").content.decode()

        for name in ALL:
            assert PAGE.format(name) in listed
            words = owner.get(PAGE.format(name) + "?months=36").content.decode()
            assert "How this is counted" in words
            assert ('<table class="stack">' in words) == bool(report(name).rows(whole())), name
        assert (
            "No review ended in this period." in owner.get(PAGE.format("reviews")).content.decode()
        )

    def test_show_a_role_what_it_may_see(self):
        ops, office = signed_in("ops"), signed_in("office")

        assert ops.get(PAGE.format("vat")).status_code == 404
        assert office.get(PAGE.format("vat")).status_code == 200
        assert b"Download as a CSV file" not in office.get(PAGE.format("fill-rate")).content
        assert office.get(PAGE.format("vat") + "export/").status_code == 403
        assert office.get(PAGE.format("unknown")).status_code == 404


class TestExport:
    def test_is_safe_in_a_spreadsheet_and_written_down(self, shop):
        Course.objects.update(title="=HYPERLINK(1)")
        Course.objects.filter(pk=Course.objects.first().pk).update(title="+1")

        answer = signed_in("approver").get(PAGE.format("money-by-course") + "export/?months=36")

        head, *rows = csv.reader(io.StringIO(answer.content.decode().removeprefix("\ufeff")))
        assert head == ["Course", "Taken", "Given back", "Left"]
        assert {row[0] for row in rows} <= {"'=HYPERLINK(1)", "'+1"}
        expected = [row[1] for row in report("money-by-course").rows(whole())]
        assert [round(float(row[1]) * 100) for row in rows] == expected
        entry = AuditEntry.objects.get(action="report.exported")
        assert entry.after["report"] == "money-by-course"

    def test_wants_a_fresh_code(self):
        from core.two_step.middleware import TwoStepMiddleware

        asks = TwoStepMiddleware(lambda request: None).stepped_up

        assert asks.match("GET " + PAGE.format("vat") + "export/")
        assert not asks.match("GET " + PAGE.format("vat"))
