"""The accountant's lists: to the penny, by London's months, harmless in a spreadsheet, and on record."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from core.audit import selectors as audit
from invoicing.models import Document
from invoicing.services import accounts, correcting, issue
from invoicing.services.correcting import Buyer
from payments.models import LedgerMovement, Line, Payout
from payments.services import accounts as money
from tests.core.backoffice import staff
from tests.courses.make import NOW
from tests.invoicing.builders import make_refund, make_sale

pytestmark = pytest.mark.django_db
YEAR = {"since": date(2026, 1, 1), "until": date(2027, 1, 1)}


@pytest.fixture
def papers():
    sale, other = make_sale(places=3), make_sale()
    invoice = issue.invoice(payment_id=sale.pk, now=NOW)
    issue.invoice(payment_id=other.pk, now=NOW)
    issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)
    return invoice


def fee(at: datetime, minor: int, name: str) -> None:
    lines = [Line("fees", minor), Line("stripe", -minor)]
    LedgerMovement.post(
        kind="fee", key=name, source=name, lines=lines, payment_id=None, at=at, now=at
    )


class TestVat:
    def test_is_what_the_papers_come_to(self, papers):
        [row] = accounts.vat(**YEAR)

        assert (row.month, row.vat_rate_bp, row.invoices, row.credit_notes) == (
            "2026-11",
            2000,
            2,
            1,
        )
        assert row.gross_minor == sum(
            -each.gross_minor if each.is_credit_note else each.gross_minor
            for each in Document.objects.all()
        )
        assert row.net_minor + row.vat_minor == row.gross_minor

    def test_is_not_changed_by_a_correction(self, papers):
        [before] = accounts.vat(**YEAR)

        correcting.correct(
            document_id=papers.pk, buyer=Buyer(name="New"), reason="r", actor="staff:1",
            now=NOW + timedelta(days=40),
        )  # fmt: skip

        [after] = accounts.vat(**YEAR)
        assert (after.net_minor, after.vat_minor) == (before.net_minor, before.vat_minor)


class TestMoney:
    def test_fees_fall_into_london_s_months(self):
        fee(datetime(2026, 6, 30, 23, 30, tzinfo=UTC), 30, "a")
        fee(datetime(2026, 7, 31, 22, 59, tzinfo=UTC), 40, "b")
        fee(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 5, "c")
        fee(datetime(2027, 1, 1, tzinfo=UTC), 7, "d")

        rows = [(each.month, each.movements, each.amount_minor) for each in money.fees(**YEAR)]

        assert rows == [("2026-07", 2, 70), ("2026-12", 1, 5)]


class TestPage:
    @pytest.fixture
    def address(self):
        return reverse("admin:invoicing_document_accounts")

    @pytest.fixture
    def approver(self, client):
        person = staff.of_role("approver")
        client.force_login(person)
        return person

    def test_downloads_and_writes_down_who_did(self, client, approver, address, papers):
        answer = client.post(address, {"which": "vat", "first": "2026-10", "last": "2026-12"})

        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert rows[1] == ["2026-11", "20%", "2", "1", "320.00", "64.00", "384.00"]
        [entry] = audit.history("invoicing.accounts")
        assert entry.actor == f"staff:{approver.pk}"
        assert entry.after == {"list": "vat", "since": "2026-10-01", "until": "2027-01-01"}

    def test_holds_no_formula(self, client, approver, address):
        Payout.objects.create(
            id="=HYPERLINK()", amount_minor=-500, currency="GBP", status="+paid", created_at=NOW,
            arrives_on=date(2026, 11, 30), seen_at=NOW,
        )  # fmt: skip

        answer = client.post(address, {"which": "payouts", "first": "2026-11", "last": "2026-11"})

        assert answer.content.decode("utf-8-sig").splitlines()[1] == (
            "2026-11,2026-11-30,'=HYPERLINK(),'+paid,-5.00"
        )

    @pytest.mark.parametrize(
        ("first", "last", "words"),
        [
            ("2026-13", "2026-12", "Enter a month like 2026-11."),
            ("November", "2026-12", "Enter a month like 2026-11."),
            ("2026-12", "2026-11", "Choose a month from the first one on"),
            ("2020-01", "2026-11", "at most 36 months"),
        ],
    )
    def test_refuses_with_a_sentence(self, client, approver, address, first, last, words):
        answer = client.post(address, {"which": "fees", "first": first, "last": last})

        assert words in answer.content.decode()
        assert list(audit.history("invoicing.accounts")) == []

    def test_is_not_for_the_office(self, client, address):
        client.force_login(staff.of_role("office"))

        assert client.post(address, {"which": "vat"}).status_code == 403
