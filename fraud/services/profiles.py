"""Folds what happened into the profile of each key: the only writer of profiles, one at a time.

Whoever judges adds what is pending himself, so a folder that is late costs time, never an answer.
"""

import json
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from core.database import bulk
from core.database.patience import patience
from fraud.history import ledger
from fraud.history.profile import Profile
from fraud.models import KeyProfile, Outcome, PendingOutcome
from fraud.models.outcome import HAPPENINGS

ONE_FOLDER = 7_316_204
AT_ONCE = 2_000
REBUILT_AT_ONCE = 20_000
FORGOTTEN_AT_ONCE = 5_000
REBUILT = ("key", "key_kind", "state", "folded_at", "heard_at")

TAKE = """
    DELETE FROM fraud_pendingoutcome WHERE id IN (
        SELECT id FROM fraud_pendingoutcome ORDER BY id LIMIT %(limit)s
    ) RETURNING key, key_kind, outcome_id
"""
KEEP = """
    INSERT INTO fraud_keyprofile (key, key_kind, state, heard_at)
    SELECT * FROM unnest(
        %(keys)s::text[], %(kinds)s::text[], %(states)s::jsonb[], %(heard)s::timestamptz[]
    )
    ON CONFLICT (key) DO UPDATE
        SET state = excluded.state, heard_at = excluded.heard_at, folded_at = now()
"""
# One slice in the order of the keys: whom to forget among them, and where the next slice begins.
FORGET = """
    WITH slice AS (
        SELECT key, heard_at FROM fraud_keyprofile WHERE key > %(after)s ORDER BY key LIMIT %(limit)s
    ), gone AS (
        DELETE FROM fraud_keyprofile AS known USING slice
        WHERE known.key = slice.key AND slice.heard_at < %(before)s AND NOT known.state ? 'frauds'
            AND NOT EXISTS (SELECT 1 FROM fraud_pendingoutcome WHERE key = known.key)
        RETURNING 1
    )
    SELECT max(key), (SELECT count(*) FROM gone) FROM slice
"""


def fold(*, limit: int = AT_ONCE) -> int:
    """Folds the oldest pending rows; how many. While another folds, nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_FOLDER])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(TAKE, {"limit": limit})
        taken = cursor.fetchall()
        if taken:
            _fold(taken)
    return len(taken)


def fold_all() -> int:
    """Until nothing is pending."""
    done = 0
    while folded := fold():
        done += folded
    return done


def forget(*, now: datetime) -> int:
    """Removes the profiles of keys without a fraud that were not seen for so long that nothing they say matters,
    slice by slice between the folders; how many."""
    after, forgotten = "", 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_FOLDER])
            cursor.execute(
                FORGET,
                {"after": after, "limit": FORGOTTEN_AT_ONCE, "before": now - _remembered_for()},
            )
            last, gone = cursor.fetchone()
        if last is None:
            return forgotten
        after, forgotten = last, forgotten + gone


def rebuild(*, now: datetime) -> tuple[int, int]:
    """Makes every profile again from the outcomes; how many outcomes and profiles. Judging goes on
    meanwhile with the old ones. Whom `forget` would remove stays out."""
    book = _Book()
    count = 0
    with patience(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_FOLDER])
        PendingOutcome.objects.all().delete()
        labels: dict[Any, tuple[str, datetime]] = {}
        outcomes = Outcome.objects.order_by("happened_at", "id")
        for outcome in outcomes.iterator(chunk_size=REBUILT_AT_ONCE):
            count += 1
            if _is_news(outcome, labels):
                book.tell(outcome, outcome.keys)
        KeyProfile.objects.all().delete()
        profiles = book.remembered(now)
        bulk.copy(KeyProfile, REBUILT, (_row(key, known, now) for key, known in profiles))
    return count, len(profiles)


class _Known(NamedTuple):
    profile: Profile
    heard_at: datetime

    def is_forgotten(self, now: datetime) -> bool:
        return not self.profile.frauds and self.heard_at < now - _remembered_for()


class _Book:
    """The profiles that are being written, by kind and key."""

    def __init__(self) -> None:
        self.known: defaultdict[str, dict[str, _Known]] = defaultdict(dict)

    def tell(self, outcome: Outcome, keys: dict[str, str]) -> None:
        """Whoever comes back after he was forgotten begins anew, whether the night came by or not."""
        happening, at = HAPPENINGS[outcome.kind], outcome.happened_at
        concerned = ledger.concerned(happening)
        profiles = {}
        for kind, key in keys.items():
            if kind in concerned:
                known = self.known[kind].get(key)
                if known is None or known.is_forgotten(at):
                    known = _Known(Profile(kind), at)
                profiles[kind] = known.profile
                self.known[kind][key] = known._replace(heard_at=max(at, known.heard_at))
        ledger.tell(
            profiles,
            happening,
            now=int(at.timestamp()),
            amount_minor=outcome.amount_minor,
            keys=outcome.keys,
            country=outcome.country,
            replaces_at=int(outcome.replaces_at.timestamp()) if outcome.replaces_at else 0,
        )

    def remembered(self, now: datetime) -> list[tuple[str, _Known]]:
        return [
            (key, known)
            for keys in self.known.values()
            for key, known in keys.items()
            if not known.is_forgotten(now)
        ]


def _remembered_for() -> timedelta:
    return timedelta(days=settings.FRAUD_PROFILE_DAYS)


def _fold(taken: list[tuple[str, str, Any]]) -> None:
    wanted: defaultdict[Any, dict[str, str]] = defaultdict(dict)
    for key, kind, outcome_id in taken:
        wanted[outcome_id][kind] = key
    book = _Book()
    for row in KeyProfile.objects.filter(key__in={key for key, _kind, _id in taken}):
        book.known[row.key_kind][row.key] = _Known(Profile.from_json(row.state), row.heard_at)
    outcomes = Outcome.objects.filter(id__in=wanted).order_by("happened_at", "id")
    for outcome in outcomes:
        book.tell(outcome, wanted[outcome.id])
    _keep([each for keys in book.known.values() for each in keys.items()])


def _is_news(outcome: Outcome, labels: dict[Any, tuple[str, datetime]]) -> bool:
    """Whether it tells something that was not known of its payment; a change of mind learns what it replaces.
    `labels` are those in force so far."""
    happening = HAPPENINGS[outcome.kind]
    if happening not in ledger.LABELS:
        return True
    before = labels.get(outcome.payment_id)
    if before is not None and before[0] == happening:
        return False
    outcome.replaces_at = before[1] if before else None
    labels[outcome.payment_id] = happening, outcome.happened_at
    return True


def _row(key: str, known: _Known, now: datetime) -> tuple[Any, ...]:
    return key, known.profile.kind, bulk.plain(known.profile.to_json()), now, known.heard_at


def _keep(rows: list[tuple[str, _Known]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "keys": [key for key, _known in rows],
                "kinds": [known.profile.kind for _key, known in rows],
                "states": [json.dumps(known.profile.to_json()) for _key, known in rows],
                "heard": [known.heard_at for _key, known in rows],
            },
        )
