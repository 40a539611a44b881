"""16 customers pay at once at one web process with four calls to Stripe: all are served, none is told to come again."""

import threading

import pytest

from payments.models import Payment
from tests.courses.make import make_session
from tests.payments.test_hanging import NO_LIMITS, Customer
from tests.stack import Stack

CUSTOMERS = 16

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(request):
    """One process, its Stripe 150 ms away."""
    more = getattr(request, "param", {})
    stack = Stack(extra_environment={**NO_LIMITS, "WEB_PROCESSES": "1", **more}, delay_ms=150)
    try:
        yield stack.start(only=("web",))
    finally:
        stack.stop()


def all_pay_at_once(site, now):
    session = make_session(on=now.date().replace(year=now.year + 1), capacity=CUSTOMERS)
    customers = [Customer(site, session) for _ in range(CUSTOMERS)]
    paying = [threading.Thread(target=customer.pay) for customer in customers]
    for each in paying:
        each.start()
    for each in paying:
        each.join()
    for customer in customers:
        customer.leave()
    return customers


class TestCrowd:
    def test_everybody_is_served(self, site, now):
        customers = all_pay_at_once(site, now)

        print(f"\nthe longest {max(customer.seconds for customer in customers):.1f} s")
        assert {customer.status for customer in customers} == {201}
        assert {each.status for each in Payment.objects.all()} == {"succeeded"}
        assert Payment.objects.count() == CUSTOMERS

    @pytest.mark.parametrize("site", [{"STRIPE_CALLS_WAITING_MAX": "0"}], indirect=True)
    def test_without_a_line_some_are_turned_away(self, site, now):
        """The twin: the same crowd, and nobody may wait for a call."""
        customers = all_pay_at_once(site, now)

        assert 503 in {customer.status for customer in customers}
