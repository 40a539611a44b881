"""Money by day is the ledger's: what was taken, what went back, and nothing where nothing was."""

import datetime as dt

import pytest

from core.formats import UK
from payments import selectors_money
from payments.models.ledger import Account, LedgerMovement, Line

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 20)


def post(kind, minor, at):
    """Above zero into Stripe's balance, out of what customers paid."""
    LedgerMovement.post(
        kind=kind,
        key=f"{kind}:{minor}:{at}",
        source="ch_1",
        lines=[Line(Account.STRIPE, minor), Line(Account.SALES, -minor)],
        payment_id=None,
        at=at,
        now=at,
    )


def test_tells_each_day_once_by_uk_midnight(django_assert_num_queries):
    just_before = dt.datetime.combine(DAY, dt.time(23, 59), UK)
    post("charge", 9_600, just_before)
    post("charge", 4_800, just_before + dt.timedelta(minutes=2))
    post("refund", -2_400, just_before + dt.timedelta(minutes=3))

    with django_assert_num_queries(1):
        days = selectors_money.days(until=DAY + dt.timedelta(days=1), count=3)

    assert [(day.date.day, day.taken_minor, day.given_back_minor) for day in days] == [
        (19, 0, 0),
        (20, 9_600, 0),
        (21, 4_800, 2_400),
    ]
