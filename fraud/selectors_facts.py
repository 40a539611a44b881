"""The facts that an assessment rests on, in one round trip with a time limit of its own."""

from datetime import datetime
from functools import lru_cache
from typing import Any, Self
from uuid import UUID

import psycopg
import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from maxminddb import InvalidDatabaseError
from prometheus_client import Counter

from fraud import geography, list_values, selectors_lists
from fraud.history import ledger
from fraud.history.facts import Facts, Geo
from fraud.history.profile import Own, Profile
from fraud.models.outcome import HAPPENINGS
from fraud.subject import KINDS, Subject

log = structlog.get_logger(__name__)

HISTORY, LISTS, PLACE = "history", "lists", "place"
# More is pending only where nothing was folded for a long time; then the latest count.
PENDING_MAX = 4_000
UNKNOWN = Counter(
    "fraud_facts_unknown", "Assessments that had to do without a part of the facts", ["part"]
)

# The lists, the weight sets in force, the site's alarm: looks into small indexes, whatever the history does.
LISTS_AND_WEIGHTS = """
        (LIST_HITS),
        (
            SELECT coalesce(json_object_agg(state, id), '{}') FROM fraud_weightsetrow
            WHERE state IN ('live', 'shadow')
        ),
        EXISTS (
            SELECT 1 FROM fraud_sitealarm WHERE lasts_until > %(now)s AND opened_at <= %(now)s
        )
""".replace("LIST_HITS", selectors_lists.ACTIVE_HITS)
# Each key's profile, and what is still to be added to it; what this payment already did; the rest
# as above. Every part is bounded: by its keys, by how often profiles are folded.
FACTS = """
    SELECT
        (
            SELECT coalesce(json_object_agg(key, state), '{}') FROM fraud_keyprofile
            WHERE key = ANY (%(keys)s)
        ),
        (
            SELECT coalesce(json_agg(json_build_array(
                told.keys, outcome.kind, extract(epoch FROM outcome.happened_at),
                outcome.amount_minor, outcome.keys, outcome.country,
                extract(epoch FROM outcome.replaces_at)
            ) ORDER BY outcome.happened_at, outcome.id), '[]')
            FROM (
                SELECT outcome_id, json_agg(key_kind) AS keys FROM (
                    SELECT outcome_id, key_kind FROM fraud_pendingoutcome
                    WHERE key = ANY (%(keys)s) ORDER BY id DESC LIMIT %(pending_max)s
                ) AS latest GROUP BY outcome_id
            ) AS told
            JOIN fraud_outcome AS outcome ON outcome.id = told.outcome_id
            WHERE outcome.payment_id <> %(payment)s
        ),
        (
            SELECT coalesce(json_agg(json_build_array(
                kind, extract(epoch FROM happened_at), keys, EXISTS (
                    SELECT 1 FROM fraud_pendingoutcome WHERE outcome_id = fraud_outcome.id
                )
            )), '[]')
            FROM fraud_outcome WHERE payment_id = %(payment)s
        ),
        LISTS_AND_WEIGHTS
""".replace("LISTS_AND_WEIGHTS", LISTS_AND_WEIGHTS)


class Gathered:
    """The facts, and which weight sets are in force by state."""

    def __init__(self, facts: Facts, weight_sets: dict[str, str]) -> None:
        self.facts = facts
        self.weight_sets = weight_sets


def gather(*, subject: Subject, keys: dict[str, str], now: datetime) -> Gathered:
    """What history, lists and map say. What cannot be read in time is named in `unknown`, counted,
    and never an error: neither a free pass nor a lost sale."""
    geo, place_unknown = _place(subject.address)
    try:
        profiles, pending, own, hits, weight_sets, alarm = _read(FACTS, subject, keys, now)
    except DatabaseError as error:
        _tell_unknown(HISTORY, error)
        return _without_history(subject, keys, now, geo, place_unknown)
    facts = Facts(
        now=_second(now),
        keys=keys,
        profiles=_profiles(keys, profiles, pending),
        own=_own(own, subject.amount_minor),
        list_hits=selectors_lists.hits(hits),
        geo=geo,
        unknown=frozenset(place_unknown),
        site_alarm=alarm,
    )
    return Gathered(facts, weight_sets)


def _without_history(
    subject: Subject, keys: dict[str, str], now: datetime, geo: Geo | None, place_unknown: set[str]
) -> Gathered:
    """A slow history lets nobody past the lists: they are asked for alone."""
    unknown, hits, weight_sets, alarm = {HISTORY, *place_unknown}, [], {}, False
    try:
        hits, weight_sets, alarm = _read(f"SELECT {LISTS_AND_WEIGHTS}", subject, keys, now)
    except DatabaseError as error:
        _tell_unknown(LISTS, error)
        unknown.add(LISTS)
    facts = Facts(
        now=_second(now),
        keys=keys,
        list_hits=selectors_lists.hits(hits),
        geo=geo,
        unknown=frozenset(unknown),
        site_alarm=alarm,
    )
    return Gathered(facts, weight_sets)


def _tell_unknown(part: str, error: Exception) -> None:
    log.warning("fraud_facts_unknown", part=part, error=type(error).__name__)
    UNKNOWN.labels(part).inc()


def _read(question: str, subject: Subject, keys: dict[str, str], now: datetime) -> tuple[Any, ...]:
    """In a transaction of somebody else's a limit that is reached must not end all of it."""
    values = {
        "keys": [key for kind, key in keys.items() if kind in KINDS],
        "payment": UUID(subject.payment_id),
        "now": now,
        "pending_max": PENDING_MAX,
        **list_values.lookup(subject),
    }
    if not connection.in_atomic_block:
        return _execute(question, values)
    with transaction.atomic():
        return _execute(question, values)


class _LimitedCursor(psycopg.Cursor[Any]):
    """The limit, the question and the limit's end in one round trip. Each is a message of its own, so the server
    keeps the question's plan: to plan it anew each time cost three times what it costs to answer."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        with self.connection.pipeline():
            self.connection.execute(
                "SELECT set_config('statement_timeout', %s, true)",
                [f"{settings.FRAUD_FACTS_MS_MAX}ms"],
            )
            super().execute(query, params, **options)
            if connection.in_atomic_block:
                self.connection.execute("SET LOCAL statement_timeout TO DEFAULT")
        return self


def _execute(question: str, values: dict[str, Any]) -> tuple[Any, ...]:
    connection.ensure_connection()
    own: Any = connection
    binding: Any = _LimitedCursor
    with own._prepare_cursor(binding(own.connection)) as cursor:
        cursor.execute(question, values)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def _profiles(
    keys: dict[str, str], states: dict[str, Any], pending: list[list[Any]]
) -> dict[str, Profile]:
    """The profiles with what was not folded yet; a key without either is a newcomer's."""
    profiles = {
        kind: Profile.from_json(states[key]) if key in states else Profile(kind)
        for kind, key in keys.items()
        if kind in KINDS
    }
    for kinds, outcome, at, amount_minor, its_keys, country, replaces_at in pending:
        ledger.tell(
            {kind: profiles[kind] for kind in kinds},
            HAPPENINGS[outcome],
            now=int(at),
            amount_minor=amount_minor,
            keys=its_keys,
            country=country,
            replaces_at=int(replaces_at or 0),
        )
    return profiles


def _own(rows: list[list[Any]], amount_minor: int) -> Own:
    """What this payment already did that its profiles hold; what is pending was left out above."""
    folded = tuple((kind, int(at)) for kind, at, _keys, is_pending in rows if not is_pending)
    return Own(folded, amount_minor)


def _place(address: str) -> tuple[Geo | None, set[str]]:
    if not address:
        return None, set()
    try:
        return place_of(address), set()
    except (OSError, InvalidDatabaseError) as error:
        _tell_unknown(PLACE, error)
        return None, {PLACE}


@lru_cache(10_000)
def place_of(address: str) -> Geo:
    found = geography.look_up(address)
    return Geo(found.country, found.network, found.organisation)


def _second(moment: datetime) -> int:
    return int(moment.timestamp())
