"""The lists as others read them: the hits of one payment, and the pages of the back office."""

import json
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count

from core.errors import NotFound
from fraud import list_values
from fraud.history.facts import ListHit
from fraud.models import BlacklistEntry
from fraud.models.blacklist import EntryQuerySet, ListKind
from fraud.subject import Subject

# One value of a larger statement: the active entries that a payment meets, by `list_values.lookup` and `now`.
ACTIVE_HITS = """
    SELECT coalesce(json_agg(json_build_array(kind, effect, source, reason, id) ORDER BY id), '[]')
    FROM (
        SELECT id, kind, effect, source, reason FROM fraud_blacklist
        WHERE digest = ANY (%(list_digests)s) AND exact IN ('', %(list_exact)s)
            AND removed_at IS NULL AND (until IS NULL OR until > %(now)s)
        UNION ALL
        SELECT id, kind, effect, source, reason FROM fraud_blacklist
        WHERE network >>= %(list_address)s::inet
            AND removed_at IS NULL AND (until IS NULL OR until > %(now)s)
    ) AS hit
"""


class EntryNotFound(NotFound):
    code = "entry_not_found"
    detail = "We can’t find that entry."


def hits(rows: list[list[str]]) -> tuple[ListHit, ...]:
    """What ACTIVE_HITS answered."""
    return tuple(ListHit(*row) for row in rows)


def hits_of(subject: Subject, *, now: datetime) -> tuple[ListHit, ...]:
    """The hits alone, in a statement of their own."""
    with connection.cursor() as cursor:
        cursor.execute(ACTIVE_HITS, {**list_values.lookup(subject), "now": now})
        (rows,) = cursor.fetchone()
    return hits(json.loads(rows) if isinstance(rows, str) else rows)


def entry(entry_id: UUID | str) -> BlacklistEntry:
    try:
        return BlacklistEntry.objects.get(id=entry_id)
    except BlacklistEntry.DoesNotExist:
        raise EntryNotFound from None


def entries(
    *,
    kind: str = "",
    standing: str = "active",
    digest: str = "",
    network: str | None = None,
    now: datetime,
) -> EntryQuerySet:
    """The latest first; `standing` is active, ended (or removed), or all. `digest` finds the entries of one
    value, `network` those of a connection that hold it or lie in it."""
    found = BlacklistEntry.objects.all()
    if standing == "active":
        found = found.active(now)
    elif standing == "ended":
        found = found.ended(now)
    if kind:
        found = found.filter(kind=kind)
    if network:
        found = found.filter(network__overlaps=network)
    elif digest:
        found = found.filter(digest=digest)
    return found.order_by("-since", "-id")


def active_by_kind(now: datetime) -> dict[str, int]:
    """How many entries of each kind are in force; every kind is named."""
    counted = BlacklistEntry.objects.active(now).values_list("kind").annotate(number=Count("id"))
    return dict.fromkeys(ListKind.values, 0) | dict(counted.order_by())
