"""Rules of time and codes: tables of cases."""

from datetime import UTC, datetime, timedelta

import pytest

from payments import policy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class TestNextCheck:
    def test_begins_within_a_minute_and_lasts_three_days(self):
        pauses = [
            policy.next_check(checks, NOW) - NOW
            for checks in range(20)
            if policy.next_check(checks, NOW)
        ]

        assert pauses[0] <= timedelta(seconds=60)
        assert len(pauses) >= 8
        assert sum(pauses, timedelta()) >= timedelta(hours=72)
        assert pauses == sorted(pauses)

    def test_ends_on_a_persons_list(self):
        assert policy.next_check(len(policy.CHECK_PAUSES), NOW) is None


class TestReviewHardLimit:
    @pytest.mark.parametrize(
        ("starts_in_h", "released_in_h", "limit_in_h"),
        [(48, 168, 36), (1000, 168, 144), (24, 168, 12), (100, 20, -4), (11, 168, -1)],
    )
    def test_is_the_earlier_of_the_two(self, starts_in_h, released_in_h, limit_in_h):
        limit = policy.review_hard_limit(
            starts_at=NOW + timedelta(hours=starts_in_h),
            authorised_until=NOW + timedelta(hours=released_in_h),
        )

        assert limit == NOW + timedelta(hours=limit_in_h)


class TestReviewPromise:
    @pytest.mark.parametrize(
        ("asked", "promised"),
        [
            ((2026, 11, 23, 9), (2026, 11, 23, 14)),
            ((2026, 11, 23, 15), (2026, 11, 24, 11, 30)),
            ((2026, 11, 23, 6), (2026, 11, 23, 13, 30)),
            ((2026, 11, 23, 17), (2026, 11, 24, 13, 30)),
            ((2026, 11, 27, 16), (2026, 11, 30, 12, 30)),
            ((2026, 11, 28, 12), (2026, 11, 30, 13, 30)),
            ((2026, 11, 29, 23), (2026, 11, 30, 13, 30)),
        ],
    )
    def test_counts_office_hours_only(self, asked, promised):
        moment = datetime(*asked, tzinfo=UTC)

        assert policy.review_promise(moment) == datetime(*promised, tzinfo=UTC)

    def test_keeps_to_the_clock_on_the_wall_in_summer(self):
        asked = datetime(2027, 6, 1, 8, tzinfo=UTC)

        assert policy.review_promise(asked) == datetime(2027, 6, 1, 13, tzinfo=UTC)


class TestDeclineCodeToShow:
    @pytest.mark.parametrize(
        ("failure_code", "decline_code", "shown"),
        [
            ("card_declined", "insufficient_funds", "insufficient_funds"),
            ("expired_card", "", "expired_card"),
            ("incorrect_cvc", "incorrect_cvc", "incorrect_cvc"),
            ("payment_intent_authentication_failure", "", "authentication_failed"),
            ("card_declined", "fraudulent", ""),
            ("card_declined", "lost_card", ""),
            ("card_declined", "stolen_card", ""),
            ("card_declined", "generic_decline", ""),
            ("something_new", "something_newer", ""),
        ],
    )
    def test_all_that_would_warn_a_thief_sounds_alike(self, failure_code, decline_code, shown):
        assert policy.decline_code_to_show(failure_code, decline_code) == shown
