"""Money's part of Today, over a shop with history."""

import pytest
from django.core.management import call_command

from core import clock
from payments.admin import today
from payments.models import Payment, Refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def history():
    call_command("load_sample_catalogue", bookings=60, verbosity=0)


class TestCounts:
    def test_are_calm_in_a_new_shop(self):
        now = clock.now()

        assert today.failed_payments(now).number == 0
        assert today.refunds_that_wait(now).number == 0

    def test_count_refunds_that_failed(self, history):
        refund = Refund.objects.first()
        Refund.objects.filter(pk=refund.pk).update(status="failed", failure_code="closed")

        count = today.refunds_that_wait(clock.now())

        assert count.number == 1
        assert "1 failed at the bank" in count.note


class TestHappenings:
    def test_name_the_latest_payments_first(self, history):
        happenings = list(today.payment_happenings(5))

        assert len(happenings) == 5
        assert happenings[0].at == max(each.at for each in happenings)
        assert Payment.objects.exists()

    def test_ask_once(self, history, django_assert_num_queries):
        with django_assert_num_queries(1):
            list(today.payment_happenings(10))
        with django_assert_num_queries(1):
            list(today.refund_happenings(10))
