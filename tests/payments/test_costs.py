"""What one card payment costs: SQL statements and gateway calls, counted where noise does not reach."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.payments import make

pytestmark = pytest.mark.django_db

# The aim is 25 (design's performance notes): of these, courses asks 4, fraud 6, sagas and outbox 8, payments 8.
STATEMENTS_MAX = 26
BOUNDARIES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def statements(queries: list[dict[str, str]]) -> list[str]:
    """What the database was asked, without the words that only mark where a transaction begins and ends."""
    return [each["sql"] for each in queries if not each["sql"].startswith(BOUNDARIES)]


class TestPay:
    def test_stays_within_its_statements(self, sandbox, now):
        make.paid(sandbox, now=now)
        booking = make.ready(now=now)
        token = sandbox.confirmation_token()

        with CaptureQueriesContext(connection) as asked:
            make.pay_with(booking, token, now=now)

        assert len(statements(asked.captured_queries)) <= STATEMENTS_MAX

    def test_asks_the_gateway_three_times(self, sandbox, now):
        booking = make.ready(now=now)
        token = sandbox.confirmation_token()
        before = len(sandbox.books()["requests"])

        payment = make.pay_with(booking, token, now=now)

        asked = [each["path"] for each in sandbox.books()["requests"][before:]]
        assert asked == [
            f"/v1/confirmation_tokens/{token}",
            "/v1/payment_intents",
            f"/v1/payment_intents/{payment.gateway_id}/capture",
        ]
