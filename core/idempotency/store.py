"""Claims on keys: who runs a request, who waits, and who gets the stored answer.

No transaction is held while the request runs. A claim is a row; whoever inserts it runs. A claim whose
process died is taken over when its lease is over, by a conditional update that only one can win.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from core.errors import Conflict
from core.idempotency.models import LEASE, RETENTION, IdempotencyKey
from core.tracing import work


class RequestInFlight(Conflict):
    code = "request_in_flight"
    detail = "A request with this key is still being worked on."


class KeyReused(Conflict):
    """The same key for something else; the door answers 422."""

    code = "idempotency_key_reused"
    detail = "This key was used for a different request. Use a new one."


@dataclass(frozen=True)
class Claim:
    """The right to run, or the answer of who ran before."""

    row: IdempotencyKey
    answer: dict[str, Any] | None = None


def begin(*, scopes: Sequence[str], key: str, fingerprint: str, now: datetime) -> Claim:
    """Claim `key` for the first of `scopes`; any of them may find what was there before.

    Raises KeyReused when the key belongs to another request, RequestInFlight when someone is on it.
    """
    work.note(idempotency="first")
    row = _existing(scopes, key) or _insert(scopes, key, fingerprint, now)
    if isinstance(row, Claim):
        return row
    if row.expires_at <= now:
        return _take_over(row, fingerprint, now)
    if row.fingerprint != fingerprint:
        work.note(idempotency="reused")
        raise KeyReused()
    if row.answered_at is not None:
        work.note(idempotency="replayed")
        return Claim(row=row, answer=row.answer)
    if row.locked_until > now:
        work.note(idempotency="in_flight")
        raise RequestInFlight(retry_after=1)
    return _take_over(row, fingerprint, now)


def finish(
    claim: Claim, *, answer: dict[str, Any] | None, now: datetime, also_scope: str = ""
) -> None:
    """Keep the answer, or with None free the key; a claim that was taken over meanwhile changes nothing."""
    mine = _mine(claim.row)
    if answer is None:
        mine.delete()
        return
    sealed = IdempotencyKey._meta.get_field("answer").sealed_for(claim.row.pk, answer)
    known_as = {"also_scope": also_scope} if also_scope else {}
    mine.update(answer=sealed, answered_at=now, **known_as)


def prune(*, now: datetime) -> int:
    """Forget keys past their time."""
    return IdempotencyKey.objects.filter(expires_at__lt=now).delete()[0]


def _existing(scopes: Sequence[str], key: str) -> IdempotencyKey | None:
    known = Q(scope__in=scopes) | Q(also_scope__in=scopes)
    return IdempotencyKey.objects.filter(known, key=key).order_by("pk").first()


def _insert(
    scopes: Sequence[str], key: str, fingerprint: str, now: datetime
) -> "Claim | IdempotencyKey":
    """A claim of our own, or the row of who was quicker."""
    row = IdempotencyKey(
        scope=scopes[0],
        key=key,
        fingerprint=fingerprint,
        locked_until=now + LEASE,
        expires_at=now + RETENTION,
    )
    IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
    kept = IdempotencyKey.objects.filter(scope=scopes[0], key=key).first()
    if kept is None:
        raise RequestInFlight(retry_after=1)
    return Claim(row=row) if kept.pk == row.pk else kept


def _take_over(row: IdempotencyKey, fingerprint: str, now: datetime) -> Claim:
    changed = _mine(row).update(
        attempt=row.attempt + 1,
        fingerprint=fingerprint,
        locked_until=now + LEASE,
        expires_at=now + RETENTION,
        answer=None,
        answered_at=None,
    )
    if not changed:
        raise RequestInFlight(retry_after=1)
    row.attempt += 1
    return Claim(row=row)


def _mine(row: IdempotencyKey) -> Any:
    return IdempotencyKey.objects.filter(pk=row.pk, attempt=row.attempt)
