"""Other payments that share a card, a device, an address or an e-mail address with this one. Nothing here writes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from fraud.models.assessment import DIGEST_KEPT, LINKED_BY, Assessment

WINDOW = timedelta(days=90)
LINKS_MAX = 20
LOOKED_AT_MAX = 200
# Offices, schools and phone networks share one address: more people than this on it say nothing.
PEOPLE_ON_ADDRESS_MAX = 20


@dataclass(slots=True)
class LinkedTry:
    """`shares` are card, device, address, email, strongest first; `key` is the keyed digest of its card."""

    payment_id: UUID
    score: int
    band: str
    amount_minor: int
    assessed_at: datetime
    card_last4: str
    card: str
    shares: list[str] = field(default_factory=list)


# Each part walks the newest rows of one key in its own index and stops: it costs the same whatever the
# key has done before. A prefix of the digest is what the index keeps; the whole of it decides, but only
# after the limit, or the planner would expect few rows and read and sort them all.
_PART = f"""
    (SELECT '{{kind}}' AS kind, payment_id, score, band, amount_minor, assessed_at,
        coalesce(card->>'last4', '') AS last4, coalesce(keys->>'card', '') AS card,
        keys->>'email' AS email
    FROM (
        SELECT payment_id, score, band, amount_minor, assessed_at, card, keys
        FROM fraud_assessment
        WHERE keys ? '{{kind}}'
            AND left(keys->>'{{kind}}', {DIGEST_KEPT}) = left(%({{kind}})s, {DIGEST_KEPT})
            AND assessed_at BETWEEN %(since)s AND %(until)s
        ORDER BY assessed_at DESC
        LIMIT {LOOKED_AT_MAX}
    ) AS newest
    WHERE keys->>'{{kind}}' = %({{kind}})s AND payment_id <> %(payment)s)
"""  # noqa: S608 - only constants of this module are put in


def linked(*, assessment: Assessment, now: datetime) -> list[LinkedTry]:
    """The newest of the last 90 days, at most LINKS_MAX, in one query. What an address shared by many
    has seen is left out."""
    kinds = [kind for kind in LINKED_BY if assessment.keys.get(kind)]
    if not kinds:
        return []
    values: dict[str, Any] = {kind: assessment.keys[kind] for kind in kinds}
    values |= {"since": now - WINDOW, "until": now, "payment": assessment.payment_id}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(_PART.format(kind=kind) for kind in kinds), values)
        rows = cursor.fetchall()
    people = {row[8] for row in rows if row[0] == "address"}
    crowd = len(people) > PEOPLE_ON_ADDRESS_MAX
    tries = _merged([row for row in rows if not (crowd and row[0] == "address")])
    return sorted(tries, key=lambda each: each.assessed_at, reverse=True)[:LINKS_MAX]


def _merged(rows: list[tuple[Any, ...]]) -> list[LinkedTry]:
    """One for each payment, with all that it shares and the later of its two judgements."""
    found: dict[UUID, LinkedTry] = {}
    for kind, payment_id, score, band, amount_minor, at, last4, card, _email in rows:
        known = found.get(payment_id)
        if known is None or at > known.assessed_at:
            shares = known.shares if known else []
            known = LinkedTry(payment_id, score, band, amount_minor, at, last4, card, shares)
            found[payment_id] = known
        if kind not in known.shares:
            known.shares.append(kind)
    return list(found.values())
