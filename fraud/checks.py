"""System checks: thresholds in their order, and no review for a shared connection alone."""

from typing import Any

from django.conf import settings
from django.core import checks

from fraud import scoring
from fraud.risk_signals import velocity


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
