"""Thresholds that hurt are told at start-up."""

import pytest

from fraud import checks


class TestThresholdsInOrder:
    @pytest.mark.parametrize(
        ("ask", "review", "block", "fine"),
        [
            (25, 40, 80, True),
            (40, 40, 40, True),
            (1, 1, 100, True),
            (0, 40, 80, False),
            (50, 40, 80, False),
            (25, 90, 80, False),
            (25, 40, 101, False),
            (-1, 40, 80, False),
        ],
    )
    def test_refuses_disorder(self, settings, ask, review, block, fine):
        settings.FRAUD_3DS_FROM = ask
        settings.FRAUD_REVIEW_FROM = review
        settings.FRAUD_BLOCK_ABOVE = block

        found = checks.thresholds_in_order()

        assert [each.id for each in found] == ([] if fine else ["fraud.E001"])


class TestAddressAloneIsNoReview:
    @pytest.mark.parametrize(("review", "fine"), [(40, True), (36, True), (35, False), (10, False)])
    def test_warns_when_an_office_would_be_reviewed(self, settings, review, fine):
        settings.FRAUD_REVIEW_FROM = review

        found = checks.address_alone_is_no_review()

        assert [each.id for each in found] == ([] if fine else ["fraud.W002"])


class TestAlarmWithinReason:
    @pytest.mark.parametrize(
        ("cards", "minutes", "times", "fine"),
        [
            (10, 30, 5.0, True),
            (0, 30, 5.0, True),
            (-1, 30, 5.0, False),
            (10, 4, 5.0, False),
            (10, 1441, 5.0, False),
            (10, 30, 1.0, False),
        ],
    )
    def test_refuses_an_alarm_that_never_or_always_sounds(
        self, settings, cards, minutes, times, fine
    ):
        settings.FRAUD_ALARM_CARDS = cards
        settings.FRAUD_ALARM_MINUTES = minutes
        settings.FRAUD_ALARM_TIMES = times

        found = checks.alarm_within_reason()

        assert [each.id for each in found] == ([] if fine else ["fraud.E003"])
