"""A number without a paper, and money without an invoice, show within ten minutes."""

from datetime import timedelta

import pytest
from django.db import connection

from invoicing import metrics
from invoicing.services import issue
from tests.invoicing.builders import NOW, make_sale
from tests.metrics import numbers

pytestmark = pytest.mark.django_db


class TestRead:
    def test_all_is_well_when_each_sale_has_its_invoice(self):
        issue.invoice(payment_id=make_sale().id, now=NOW)

        found = numbers(metrics.read(NOW + timedelta(hours=1)))

        assert (found["invoice_gaps"], found["invoice_unissued"]) == (0, 0)

    def test_a_number_that_no_paper_has_is_a_gap(self):
        issue.invoice(payment_id=make_sale().id, now=NOW)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE invoicing_counter SET last_number = last_number + 1")

        assert numbers(metrics.read(NOW))["invoice_gaps"] == 1

    def test_money_without_an_invoice_is_told_after_ten_minutes(self):
        make_sale()

        assert numbers(metrics.read(NOW))["invoice_unissued"] == 0
        assert numbers(metrics.read(NOW + timedelta(hours=1)))["invoice_unissued"] == 1
