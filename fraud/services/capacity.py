"""Where reviews begin, when the office says how many a day it can do instead of a score."""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Count

from fraud.models import Assessment
from fraud.models.assessment import Stage
from fraud.scoring import Thresholds

log = structlog.get_logger(__name__)

DAYS = 7
KNOWN_FOR = timedelta(minutes=10)
_known: tuple[datetime, int, int] | None = None


def fitted(thresholds: Thresholds, *, now: datetime) -> Thresholds:
    """The thresholds with the review band as wide as FRAUD_REVIEW_PER_DAY allowed last week; never
    below 3-D Secure's, never above the block's. Asked of the database every ten minutes; while it can't say,
    the band is the setting's, and nobody's payment waits for it."""
    global _known
    per_day = settings.FRAUD_REVIEW_PER_DAY
    if not per_day:
        return thresholds
    fresh = _known is not None and _known[1] == per_day and abs(now - _known[0]) < KNOWN_FOR
    if _known is None or not fresh:
        _known = (now, per_day, _asked(thresholds, per_day * DAYS, now))
    return replace(thresholds, review_from=_known[2])


def _asked(thresholds: Thresholds, most: int, now: datetime) -> int:
    try:
        with transaction.atomic():
            return _start(thresholds, most, now)
    except DatabaseError as error:
        log.warning("fraud_capacity_unknown", error=type(error).__name__)
        return thresholds.review_from


def _start(thresholds: Thresholds, most: int, now: datetime) -> int:
    judged = Assessment.objects.filter(
        stage=Stage.AFTER, assessed_at__gte=now - timedelta(days=DAYS), assessed_at__lt=now
    )
    counts = dict(judged.values_list("score").annotate(number=Count("id")).order_by())
    start, waiting = thresholds.block_above, 0
    for score in range(thresholds.block_above, thresholds.three_d_secure_from - 1, -1):
        waiting += counts.get(score, 0)
        if waiting > most:
            break
        start = score
    return start
