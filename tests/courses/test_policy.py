import datetime as dt

import pytest

from core.money import Money
from courses import policy
from courses.policy import STANDARD, cancellation_note, refund_quote
from tests.courses.make import LONDON

STARTS = dt.datetime(2026, 12, 15, 9, 15, tzinfo=LONDON)


def at(month, day, hour=12, minute=0, second=0, year=2026):
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=LONDON)


class TestCancellationNote:
    @pytest.mark.parametrize(
        ("now", "words"),
        [
            (at(11, 23), "Cancel by Monday 30 November for a full refund."),
            (at(11, 30, 23, 59, 59), "Cancel by Monday 30 November for a full refund."),
            (at(12, 1, 0), "If you cancel you get half back, until Tuesday 8 December."),
            (at(12, 8, 23, 59), "If you cancel you get half back, until Tuesday 8 December."),
            (
                at(12, 12),
                "This date is 3 days away, so the fee isn’t refunded. "
                "You can still send someone else.",
            ),
            (
                at(12, 14),
                "This date is 1 day away, so the fee isn’t refunded. "
                "You can still send someone else.",
            ),
            (
                at(12, 15, 8),
                "This date is today, so the fee isn’t refunded. You can still send someone else.",
            ),
        ],
    )
    def test_is_worked_out_for_the_date(self, now, words):
        assert cancellation_note(STANDARD, STARTS, now) == words

    def test_counts_days_in_the_time_of_the_venue(self):
        # 00:30 in London on 29 June is still 28 June in UTC.
        starts = dt.datetime(2026, 7, 13, 0, 30, tzinfo=LONDON)
        now = dt.datetime(2026, 6, 28, 22, 59, tzinfo=dt.UTC)

        assert cancellation_note(STANDARD, starts, now).startswith("Cancel by Sunday 28 June")
        assert cancellation_note(STANDARD, starts, now + dt.timedelta(minutes=1)).startswith(
            "If you cancel you get half back"
        )

    def test_speaks_of_other_shares(self):
        third = {"tiers": [{"days_before": 7, "refund_bp": 3_300}]}

        assert "you get 33% back" in cancellation_note(third, STARTS, at(12, 1))


class TestRefundQuote:
    @pytest.mark.parametrize(
        ("now", "refund"),
        [
            (at(11, 23), 9_600),
            (at(11, 30, 23, 59, 59), 9_600),
            (at(12, 1, 0), 4_800),
            (at(12, 8, 23, 59, 59), 4_800),
            (at(12, 9, 0), 0),
            (at(12, 15, 9, 14), 0),
            (at(12, 15, 9, 15), 0),
            (at(12, 20), 0),
        ],
    )
    def test_follows_the_tiers(self, now, refund):
        quote = refund_quote(STANDARD, STARTS, Money(9_600), now)

        assert quote.refund == Money(refund)
        assert quote.fee == Money(9_600 - refund)

    def test_gives_the_larger_share_to_the_customer_place_by_place(self):
        quote = refund_quote(STANDARD, STARTS, Money(301), at(12, 1), places=3)

        # Shares of 101, 100 and 100 give back 51, 50 and 50.
        assert (quote.refund, quote.fee) == (Money(151), Money(150))

    @pytest.mark.parametrize("total", [0, 1, 7, 9_600, 12_345, 115_200])
    @pytest.mark.parametrize("places", [1, 2, 3, 12])
    def test_parts_make_the_whole(self, total, places):
        quote = refund_quote(STANDARD, STARTS, Money(total), at(12, 1), places=places)

        assert quote.refund + quote.fee == Money(total)
        assert quote.refund >= quote.fee

    def test_lists_all_tiers_for_showing(self):
        quote = refund_quote(STANDARD, STARTS, Money(9_600), at(12, 1))

        assert [(each.refund_bp, each.until) for each in quote.dates] == [
            (10_000, dt.date(2026, 11, 30)),
            (5_000, dt.date(2026, 12, 8)),
            (0, None),
        ]
        assert quote.tier == quote.dates[1]
        assert quote.explanation == "Until Tuesday 8 December you get half back."

    def test_gives_nothing_once_it_has_begun_whatever_the_policy(self):
        generous = {"tiers": [{"days_before": 0, "refund_bp": 10_000}]}

        assert refund_quote(generous, STARTS, Money(9_600), at(12, 15, 8)).refund == Money(9_600)
        begun = refund_quote(generous, STARTS, Money(9_600), at(12, 15, 9, 15))
        assert begun.refund == Money(0)
        assert begun.explanation == "The course has begun, so the fee isn’t refunded."

    @pytest.mark.parametrize(
        ("rights", "refund"),
        [
            ({"is_consumer": True, "booked_at": at(12, 1)}, 9_600),
            ({"is_consumer": True, "booked_at": at(11, 26, 0)}, 9_600),
            ({"is_consumer": True, "booked_at": at(11, 25, 23, 59)}, 0),
            ({"is_consumer": False, "booked_at": at(12, 1)}, 0),
            ({"is_consumer": True}, 0),
            ({"is_consumer": True, "booked_at": at(12, 5), "early_start_consent": True}, 0),
        ],
    )
    def test_lets_a_consumer_change_their_mind_for_14_days(self, rights, refund):
        quote = refund_quote(STANDARD, STARTS, Money(9_600), at(12, 10), **rights)

        assert quote.refund == Money(refund)

    def test_keeps_the_right_where_consent_was_not_needed(self):
        later = dt.datetime(2027, 3, 1, 9, 15, tzinfo=LONDON)
        strict = STANDARD | {"tiers": []}

        quote = refund_quote(
            strict,
            later,
            Money(9_600),
            at(12, 1),
            is_consumer=True,
            booked_at=at(11, 25),
            early_start_consent=True,
        )

        assert quote.refund == Money(9_600)
        assert quote.explanation == (
            "You booked less than 14 days ago, so you get everything back."
        )

    def test_gives_no_such_right_where_the_business_sets_none(self):
        none = STANDARD | {"consumer_right_days": 0}

        quote = refund_quote(
            none, STARTS, Money(9_600), at(12, 10), is_consumer=True, booked_at=at(12, 9)
        )

        assert quote.refund == Money(0)


class TestProblems:
    def test_finds_none_in_the_standard_policy(self):
        assert policy.problems(STANDARD["tiers"]) == []

    @pytest.mark.parametrize(
        "tiers",
        [
            None,
            {},
            [1],
            [{"days_before": 1}],
            [{"days_before": 1, "refund_bp": 1, "more": 1}],
            [{"days_before": 1.5, "refund_bp": 1}],
            [{"days_before": True, "refund_bp": 1}],
            [{"days_before": -1, "refund_bp": 1}],
            [{"days_before": 1, "refund_bp": 10_001}],
            [{"days_before": 1, "refund_bp": 1}, {"days_before": 2, "refund_bp": 0}],
            [{"days_before": 2, "refund_bp": 1}, {"days_before": 2, "refund_bp": 0}],
            [{"days_before": 2, "refund_bp": 1}, {"days_before": 1, "refund_bp": 2}],
        ],
    )
    def test_refuses_what_is_no_policy(self, tiers):
        assert policy.problems(tiers)


class TestFreeUntil:
    @pytest.mark.parametrize(("days_before", "shown"), [(10, True), (7, True), (6, False)])
    def test_names_no_day_that_is_over(self, days_before, shown):
        starts_at = dt.datetime(2027, 3, 20, 9, tzinfo=dt.UTC)
        now = starts_at - dt.timedelta(days=days_before)

        found = policy.free_until(policy.STANDARD, starts_at, now)

        assert found == (dt.date(2027, 3, 13) if shown else None)
