"""Looks over the whole site every half minute: opens the card-testing alarm, keeps it open, lets it end."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction

from fraud import site_alarm
from fraud.models import SiteAlarm

log = structlog.get_logger(__name__)

ONE_WATCHER = 7_316_205
USUAL_DAYS = timedelta(days=28)
DECLINES_MAX = 5_000

# The newest declines alone, so that a flood costs no more than a trickle.
SEEN = f"""
    SELECT count(*), count(DISTINCT card), (
        SELECT count(*) FROM fraud_outcome
        WHERE kind = 'succeeded' AND happened_at > %(since)s AND happened_at <= %(now)s
    )
    FROM (
        SELECT keys->>'card' AS card FROM fraud_outcome
        WHERE kind = 'declined' AND happened_at > %(since)s AND happened_at <= %(now)s
        ORDER BY happened_at DESC LIMIT {DECLINES_MAX}
    ) AS declined
"""  # noqa: S608 - only a constant of this module is put in
# Four weeks before the stretch that is looked at, without the times of earlier alarms: an attack is never usual.
USUAL = """
    SELECT count(*) FILTER (WHERE kind = 'declined'), count(*) FILTER (WHERE kind = 'succeeded')
    FROM fraud_outcome AS outcome
    WHERE kind IN ('declined', 'succeeded') AND happened_at > %(first)s AND happened_at <= %(since)s
        AND NOT EXISTS (
            SELECT 1 FROM fraud_sitealarm AS alarm
            WHERE outcome.happened_at > alarm.opened_at - %(stretch)s
                AND outcome.happened_at <= alarm.lasts_until
        )
"""


def watch(*, now: datetime) -> SiteAlarm | None:
    """The alarm that is in force after this look; one at a time looks, another finds nothing to do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_WATCHER])
        if cursor.fetchone()[0]:
            _look(cursor, now)
    return SiteAlarm.objects.in_force(now).first()


def stretch() -> timedelta:
    """How far back a look goes, and how long the alarm lasts after the last sign of it."""
    return timedelta(minutes=settings.FRAUD_ALARM_MINUTES)


def _look(cursor: Any, now: datetime) -> None:
    limits = site_alarm.Limits(settings.FRAUD_ALARM_CARDS, settings.FRAUD_ALARM_TIMES)
    moments = {
        "now": now,
        "since": now - stretch(),
        "first": now - stretch() - USUAL_DAYS,
        "stretch": stretch(),
    }
    cursor.execute(SEEN, moments)
    seen = site_alarm.Seen(*cursor.fetchone())
    if not limits.cards or seen.cards < limits.cards:
        return
    cursor.execute(USUAL, moments)
    usually = site_alarm.usual(*cursor.fetchone())
    if site_alarm.sounds(seen, usually, limits):
        _sound(seen, usually, now)


def _sound(seen: site_alarm.Seen, usually: float, now: datetime) -> None:
    numbers: dict[str, Any] = {
        "lasts_until": now + stretch(),
        "declines": seen.declines,
        "cards": seen.cards,
        "payments": seen.payments,
        "usual": usually,
    }
    if SiteAlarm.objects.in_force(now).update(**numbers):
        return
    SiteAlarm.objects.create(opened_at=now, **numbers)
    log.warning("fraud_site_alarm_opened", **(numbers | {"lasts_until": str(now + stretch())}))
