"""Each part is asked every few seconds, and what it answered is kept: the page's history and the proof of work.

That the rows come at all shows that the timetable, the broker, a worker and the database do their part.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from core.health import checks
from core.health.checks import DOWN, SLOW, UNKNOWN
from core.health.models import Slot

WEBSITE = "website"
PAGES_SLOW_MS = 1000
KEPT = timedelta(days=8)
LATENCIES_MAX = 100
_ADD = f"""
    INSERT INTO health_slot AS known
        (part, began_at, asked, failed, slow, last_good_at, last_asked_at, latencies)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (part, began_at) DO UPDATE SET
        asked = known.asked + excluded.asked,
        failed = known.failed + excluded.failed,
        slow = known.slow + excluded.slow,
        last_good_at = GREATEST(known.last_good_at, excluded.last_good_at),
        last_asked_at = GREATEST(known.last_asked_at, excluded.last_asked_at),
        latencies = CASE WHEN cardinality(known.latencies) < {LATENCIES_MAX}
            THEN known.latencies || excluded.latencies ELSE known.latencies END
"""  # noqa: S608 - made of constants


@dataclass(frozen=True)
class Observed:
    """What was seen of a part: of `asked` so many failed, so many were slow."""

    part: str
    asked: int
    failed: int
    slow: int
    latency_ms: float | None


def observe(*, now: datetime) -> None:
    """Ask every part once, and keep the answers."""
    answers = checks.ask_all()
    known = checks.parts()
    keep(
        [
            Observed(
                name,
                asked=1,
                failed=int(answer.state == DOWN),
                slow=int(answer.state == SLOW),
                latency_ms=answer.milliseconds if name in known and known[name].timed else None,
            )
            for name, answer in answers.items()
            if answer.state != UNKNOWN or name == "jobs"
        ],
        now=now,
    )


def keep(seen: Iterable[Observed], *, now: datetime) -> None:
    """Add to the slots of this moment; sorted, so that two writers never wait in a circle."""
    began_at = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.executemany(
            _ADD,
            [
                (
                    each.part,
                    began_at,
                    each.asked,
                    each.failed,
                    each.slow,
                    now if each.failed < each.asked else None,
                    now,
                    [] if each.latency_ms is None else [each.latency_ms],
                )
                for each in sorted(seen, key=lambda each: each.part)
            ],
        )


def last_proof() -> datetime | None:
    """When a job last went all the way from the timetable to a row."""
    return (
        Slot.objects.filter(part="jobs")
        .order_by("-began_at")
        .values_list("last_asked_at", flat=True)
        .first()
    )


def prune(*, now: datetime) -> int:
    removed, _ = Slot.objects.filter(began_at__lt=now - KEPT).delete()
    return removed
