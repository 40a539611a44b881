"""Who has a case open, so that two people don't work on the same one. A courtesy, not a lock: what closes
a case once is its own row lock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from core.errors import Conflict
from fraud.models import ReviewWatch

# The page says that it is open every 20 seconds; without JavaScript it is believed for as long as this.
ALIVE = timedelta(seconds=75)


class OpenElsewhere(Conflict):
    code = "open_elsewhere"
    detail = "A colleague has this open. Take over first."


@dataclass(frozen=True, slots=True)
class Watch:
    actor: str
    since: datetime


# One statement, so that of two who open a case at once one is first. Who comes back keeps its `since`.
LOOK = """
    INSERT INTO fraud_reviewwatch AS watch (case_id, actor, since, seen_at)
    VALUES (%(case_id)s, %(actor)s, %(now)s, %(now)s)
    ON CONFLICT (case_id) DO UPDATE SET
        actor = excluded.actor,
        since = CASE WHEN watch.actor = excluded.actor AND watch.seen_at >= %(alive_from)s
            THEN watch.since ELSE excluded.since END,
        seen_at = excluded.seen_at
    WHERE watch.actor = excluded.actor OR watch.seen_at < %(alive_from)s OR %(take)s
"""


def look(*, case_id: UUID, actor: str, now: datetime) -> Watch:
    """Says that this person has the case open, unless another already has; who has it now."""
    return _look(case_id, actor, now, take=False)


def take_over(*, case_id: UUID, actor: str, now: datetime) -> Watch:
    """From now on this person has it; the other's page finds out at its next sign of life."""
    return _look(case_id, actor, now, take=True)


def leave(*, case_id: UUID, actor: str) -> None:
    ReviewWatch.objects.filter(case_id=case_id, actor=actor).delete()


def watchers(*, case_ids: list[UUID], now: datetime) -> dict[UUID, Watch]:
    """Who has which of these open, in one query."""
    alive = ReviewWatch.objects.filter(case_id__in=case_ids, seen_at__gte=now - ALIVE)
    return {each.case_id: Watch(each.actor, each.since) for each in alive}


def refuse_if_elsewhere(*, case_id: UUID, actor: str, now: datetime) -> None:
    """Raises OpenElsewhere while another person has the case open."""
    others = ReviewWatch.objects.filter(case_id=case_id, seen_at__gte=now - ALIVE)
    other = others.exclude(actor=actor).first()
    if other is not None:
        raise OpenElsewhere(actor=other.actor, since=other.since.isoformat())


def _look(case_id: UUID, actor: str, now: datetime, *, take: bool) -> Watch:
    order: dict[str, Any] = {
        "case_id": case_id, "actor": actor, "now": now, "alive_from": now - ALIVE, "take": take,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LOOK, order)
    watch = ReviewWatch.objects.get(case_id=case_id)
    return Watch(watch.actor, watch.since)
