"""What a browser says of itself reaches the judgement, the same at every visit."""

import pytest

from payments.services import subjects
from tests.functional import chromium as browsers
from tests.functional.journeys.customer import Customer
from tests.payments.test_subjects import TOKEN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def judged(customer: Customer):
    """Books and pays; what fraud was given of it."""
    customer.chooses()
    customer.is_coming()
    customer.pays()
    customer.sees("You’re booked")
    (payment,) = customer.payments
    return subjects.before(payment, TOKEN, now=payment.created_at)


class TestHints:
    def test_are_the_same_over_two_visits_of_one_browser(self, customer):
        first = judged(customer)
        second = judged(customer)

        assert len(first.fingerprint) == 64
        assert first.fingerprint == second.fingerprint
        assert first.device == second.device != ""

    def test_tell_the_seconds_and_the_program(self, customer):
        subject = judged(customer)

        assert subject.seconds_on_form in range(61)
        assert subject.webdriver is True
        assert "Chrome" in subject.user_agent

    def test_a_cleared_browser_is_another_device_that_looks_the_same(self, stack, chromium, shop):
        found = []
        for _ in range(2):
            with browsers.visitor(chromium, stack.url) as visitor:
                found.append(judged(Customer(visitor, shop)))

        assert found[0].device != found[1].device
        assert found[0].fingerprint == found[1].fingerprint

    def test_payment_works_without_them(self, customer):
        customer.page.add_init_script(
            "Object.defineProperty(window.crypto, 'subtle', { value: undefined });"
            "Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => undefined });"
        )

        subject = judged(customer)

        assert subject.fingerprint == ""
        assert subject.webdriver is None
