"""What the office's list and the pages read."""

import pytest
from django.db import connection

from core.ids import uuid7
from invoicing import selectors
from invoicing.models import Document
from invoicing.services import issue
from tests.courses.make import NOW
from tests.invoicing.builders import make_refund, make_sale

pytestmark = pytest.mark.django_db


class TestRuns:
    def test_says_where_each_series_stands(self):
        sale = make_sale(places=2)
        issue.invoice(payment_id=sale.pk, now=NOW)
        issue.invoice(payment_id=make_sale().pk, now=NOW)
        issue.credit_note(refund_id=make_refund(sale, amount_minor=100).pk, now=NOW)

        assert selectors.runs() == [
            selectors.Run("INV", 2026, "INV-2026-00002", missing=0),
            selectors.Run("CN", 2026, "CN-2026-00001", missing=0),
        ]

    def test_counts_what_is_missing(self):
        for _ in range(3):
            issue.invoice(payment_id=make_sale().pk, now=NOW)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE invoicing_document DISABLE TRIGGER USER")
            cursor.execute("DELETE FROM invoicing_document WHERE number = 2")

        assert selectors.runs() == [selectors.Run("INV", 2026, "INV-2026-00003", missing=1)]


class TestTotals:
    def test_counts_credit_notes_against(self):
        sale = make_sale(places=2)
        issue.invoice(payment_id=sale.pk, now=NOW)
        issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)

        assert selectors.totals(Document.objects.all()) == selectors.Totals(8000, 1600, 9600)

    def test_are_nothing_of_nothing(self):
        assert selectors.totals(Document.objects.none()) == selectors.Totals(0, 0, 0)


class TestDocument:
    def test_refuses_what_is_not_there(self):
        for look in (selectors.document, selectors.invoice_of):
            with pytest.raises(selectors.DocumentNotFound):
                look(uuid7())
