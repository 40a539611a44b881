"""What an entry would have done: payments by what became of them, within the days that are asked about."""

from datetime import timedelta

import pytest
from django.db import connection

from core.errors import Invalid
from core.ids import uuid7
from fraud.models import BlacklistEntry
from fraud.services import assessments, list_previews, outcomes
from tests.fraud.builders import NOW, card, subject
from tests.fraud.listing import CARD

pytestmark = pytest.mark.django_db
HOME = "81.2.69.142"


def payment(*kinds: str, days_ago: int = 3, **changes) -> None:
    at = NOW - timedelta(days=days_ago)
    one = subject(payment_id=str(uuid7()), now=at, **changes)
    assessments.assess(subject=one, now=at)
    for kind in kinds:
        outcomes.record(payment_id=one.payment_id, kind=kind, subject=one, now=at)


def preview(kind: str, value: str) -> list_previews.Preview:
    return list_previews.preview(kind=kind, value=value, now=NOW)


class TestPreview:
    @pytest.mark.parametrize(
        ("kind", "value", "changes"),
        [
            ("email", "bad.buyer@example.org", {"email": "bad.buyer@example.org"}),
            ("email_domain", "bad.example", {"email": "x@bad.example"}),
            ("card", CARD, {"card": card(fingerprint=CARD)}),
            ("device", "device-9", {"device": "device-9"}),
            ("phone", "07700 900461", {"phone": "07700 900461"}),
            ("connection", HOME, {"address": HOME}),
            ("connection", "81.2.69.140/30", {"address": HOME}),
            ("connection", "81.2.69.0/24", {"address": HOME}),
            ("connection", "81.2.0.0/16", {"address": HOME}),
            ("connection", "2a00:1450:4009:81f::/64", {"address": "2a00:1450:4009:81f::1"}),
        ],
    )
    def test_counts_what_each_kind_would_have_met(self, kind, value, changes):
        payment("declined", **changes)
        payment("blocked", **changes)
        payment("succeeded", **changes)
        payment("succeeded", "disputed", **changes)
        payment(**changes)
        payment("succeeded")

        found = preview(kind, value)

        assert (found.declined, found.paid, found.disputed, found.unfinished) == (2, 1, 1, 1)

    def test_looks_back_ninety_days(self):
        payment("succeeded", days_ago=89)
        payment("succeeded", days_ago=91)

        assert preview("email", "ann.smith@example.org").paid == 1

    def test_a_card_tried_twice_and_then_paid_is_fine(self):
        payment("declined", "succeeded")

        found = preview("email", "ann.smith@example.org")

        assert (found.paid, found.declined) == (1, 0)

    def test_says_so_where_a_network_is_too_wide_to_count(self):
        found = preview("connection", "2a00:1450::/32")

        assert found.sentence() == "This network is too wide to count what it would have done."

    def test_refuses_what_could_not_be_added_and_writes_nothing(self):
        payment("succeeded")
        with pytest.raises(Invalid):
            preview("email_domain", "gmail.com")
        preview("email", "ann.smith@example.org")

        assert not BlacklistEntry.objects.exists()


class TestSentence:
    @pytest.mark.parametrize(
        ("counts", "effect", "words"),
        [
            (
                {"declined": 2, "paid": 1},
                "block",
                "Would have stopped 3 bookings in 90 days: 2 declined, 1 paid and fine.",
            ),
            (
                {"disputed": 1},
                "review",
                "Would have held for a person 1 booking in 90 days: 1 disputed or returned as fraud.",
            ),
            ({}, "allow", "Would have let through no bookings in 90 days."),
        ],
    )
    def test_is_plain(self, counts, effect, words):
        assert list_previews.Preview("x", 90, **counts).sentence(effect) == words


class TestCost:
    @pytest.mark.parametrize("key", ["domain", "phone", "network", "email", "card"])
    def test_looks_payments_up_instead_of_reading_them_all(self, key):
        asked = list_previews._met(key, ["a" * 64], NOW - timedelta(days=90))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            # Of a few rows any index reads as quickly; undone with the test's transaction.
            cursor.execute("DROP INDEX fraud_assessment_latest")

        plan = asked.explain()

        assert f"fraud_assessment_{key}" in plan
