"""System checks: thresholds in their order, and no review for a shared connection alone."""

from typing import Any

from django.conf import settings
from django.core import checks

from fraud import scoring
from fraud.risk_signals import velocity

MINUTES_MAX = 24 * 60


@checks.register("fraud")
def thresholds_in_order(**_kwargs: Any) -> list[checks.CheckMessage]:
    ask, review, block = (
        settings.FRAUD_3DS_FROM,
        settings.FRAUD_REVIEW_FROM,
        settings.FRAUD_BLOCK_ABOVE,
    )
    if 0 < ask <= review <= block <= scoring.HIGHEST:
        return []
    return [
        checks.Error(
            f"The fraud thresholds are out of order: {ask}, {review}, {block}.",
            hint="Set 0 < FRAUD_3DS_FROM <= FRAUD_REVIEW_FROM <= FRAUD_BLOCK_ABOVE <= 100.",
            id="fraud.E001",
        )
    ]


@checks.register("fraud")
def alarm_within_reason(**_kwargs: Any) -> list[checks.CheckMessage]:
    cards, minutes = settings.FRAUD_ALARM_CARDS, settings.FRAUD_ALARM_MINUTES
    if cards >= 0 and 5 <= minutes <= MINUTES_MAX and settings.FRAUD_ALARM_TIMES > 1:
        return []
    return [
        checks.Error(
            "The card-testing alarm of the whole site would never sound, or always.",
            hint="Set FRAUD_ALARM_CARDS to 0 (off) or more, FRAUD_ALARM_MINUTES to 5 to 1440,"
            " FRAUD_ALARM_TIMES above 1.",
            id="fraud.E003",
        )
    ]


@checks.register("fraud")
def address_alone_is_no_review(**_kwargs: Any) -> list[checks.CheckMessage]:
    largest = sum(factor.points.largest() for factor in velocity.ADDRESS)
    if scoring.SHIPPED.base + largest < settings.FRAUD_REVIEW_FROM:
        return []
    return [
        checks.Warning(
            "A busy connection alone sends a booking to review: a whole office or school.",
            hint=f"Set FRAUD_REVIEW_FROM above {scoring.SHIPPED.base + largest}.",
            id="fraud.W002",
        )
    ]
