"""Folds what happened into the profile of each key: the only writer of profiles, one at a time.

Whoever judges adds what is pending himself, so a folder that is late costs time, never an answer.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from fraud.history import ledger
from fraud.history.profile import Profile
from fraud.models import KeyProfile, Outcome, PendingOutcome
from fraud.models.outcome import HAPPENINGS

ONE_FOLDER = 7_316_204
AT_ONCE = 2_000
REBUILT_AT_ONCE = 20_000

TAKE = """
    DELETE FROM fraud_pendingoutcome WHERE id IN (
        SELECT id FROM fraud_pendingoutcome ORDER BY id LIMIT %(limit)s
    ) RETURNING key, key_kind, outcome_id
"""
KEEP = """
    INSERT INTO fraud_keyprofile (key, key_kind, state)
    SELECT * FROM unnest(%(keys)s::text[], %(kinds)s::text[], %(states)s::jsonb[])
    ON CONFLICT (key) DO UPDATE SET state = excluded.state, folded_at = now()
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


def rebuild() -> tuple[int, int]:
    """Makes every profile again from the outcomes; how many outcomes and profiles. Judging goes on
    meanwhile with the old ones."""
    book: defaultdict[str, dict[str, Profile]] = defaultdict(dict)
    count = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_FOLDER])
        PendingOutcome.objects.all().delete()
        labelled: set[Any] = set()
        outcomes = Outcome.objects.order_by("happened_at", "id")
        for outcome in outcomes.iterator(chunk_size=REBUILT_AT_ONCE):
            count += 1
            if HAPPENINGS[outcome.kind] == ledger.FRAUD:
                if outcome.payment_id in labelled:
                    continue
                labelled.add(outcome.payment_id)
            _tell(outcome, outcome.keys, book)
        KeyProfile.objects.all().delete()
        profiles = [(key, each) for keys in book.values() for key, each in keys.items()]
        for start in range(0, len(profiles), REBUILT_AT_ONCE):
            _keep(profiles[start : start + REBUILT_AT_ONCE])
    return count, len(profiles)


def _fold(taken: list[tuple[str, str, Any]]) -> None:
    wanted: defaultdict[Any, dict[str, str]] = defaultdict(dict)
    for key, kind, outcome_id in taken:
        wanted[outcome_id][kind] = key
    known = KeyProfile.objects.filter(key__in={key for key, _kind, _id in taken})
    book: defaultdict[str, dict[str, Profile]] = defaultdict(dict)
    for row in known:
        book[row.key_kind][row.key] = Profile.from_json(row.state)
    outcomes = Outcome.objects.filter(id__in=wanted).order_by("happened_at", "id")
    for outcome in outcomes:
        _tell(outcome, wanted[outcome.id], book)
    _keep((key, each) for keys in book.values() for key, each in keys.items())


def _tell(outcome: Outcome, told: dict[str, str], book: dict[str, dict[str, Profile]]) -> None:
    happening = HAPPENINGS[outcome.kind]
    profiles = {
        kind: book[kind].setdefault(key, Profile(kind))
        for kind, key in told.items()
        if kind in ledger.concerned(happening)
    }
    ledger.tell(
        profiles,
        happening,
        now=int(outcome.happened_at.timestamp()),
        amount_minor=outcome.amount_minor,
        keys=outcome.keys,
        country=outcome.country,
    )


def _keep(profiles: Iterable[tuple[str, Profile]]) -> None:
    rows = list(profiles)
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "keys": [key for key, _profile in rows],
                "kinds": [profile.kind for _key, profile in rows],
                "states": [json.dumps(profile.to_json()) for _key, profile in rows],
            },
        )
