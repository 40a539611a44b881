"""The lists: what people stop, hold for a person or let through. Every change has a reason and is audited."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from core.audit import services as audit
from core.errors import Conflict, Invalid
from core.formats import plain_date
from fraud import list_values
from fraud.history.facts import ListHit
from fraud.models import BlacklistEntry, NotOnTheList
from fraud.models.blacklist import EntryQuerySet, Source
from fraud.selectors_lists import EntryNotFound
from fraud.services.list_proposals import proposed, read

__all__ = [
    "AlreadyListed", "EntryNotFound", "NotOnTheList",
    "add", "check", "default_end", "read", "record_hits", "remove", "restore",
]  # fmt: skip


class AlreadyListed(Conflict):
    code = "already_listed"
    detail = "This is on the list already."


def default_end(now: datetime) -> datetime:
    return now + timedelta(days=settings.FRAUD_LIST_DAYS)


@transaction.atomic
def add(
    *,
    kind: str,
    value: str,
    effect: str,
    reason: str,
    until: datetime | None,
    actor: str,
    now: datetime,
    key: str = "",
    source: str = Source.PERSON,
    own_address: str = "",
) -> BlacklistEntry:
    """Puts one value on the lists, until then or (None) until somebody removes it.

    What ran out, and what had come by itself, gives way to what a person says now. `key` is what an export
    carries for a personal value, then `value` only shows it. Raises Invalid, with a sentence for each field, and
    AlreadyListed.
    """
    entry = proposed(
        kind=kind,
        value=value,
        key=key,
        effect=effect,
        reason=reason,
        until=until,
        now=now,
        own_address=own_address,
    )
    entry.author, entry.source = actor, source
    _make_room(entry, now)
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError:
        # Another hand put it there between our look and our insert.
        raise AlreadyListed from None
    _audit(entry, "added", actor=actor, reason=entry.reason, after=_state(entry), now=now)
    return entry


def check(
    *,
    kind: str,
    value: str,
    effect: str,
    reason: str,
    until: datetime | None,
    now: datetime,
    own_address: str = "",
) -> None:
    """Raises what `add` would raise, and writes nothing."""
    entry = proposed(
        kind=kind,
        value=value,
        effect=effect,
        reason=reason,
        until=until,
        now=now,
        own_address=own_address,
    )
    for old in _same(entry):
        if not _gives_way(old, entry, now):
            raise AlreadyListed(_where(old), entry_id=str(old.pk))


@transaction.atomic
def remove(*, entry_id: UUID | str, reason: str, actor: str, now: datetime) -> BlacklistEntry:
    """Takes one off the lists, with a reason; the row stays. Raises NotOnTheList for the second of two hands."""
    reason = list_values.reason(reason)
    entry = _locked(entry_id)
    before = _state(entry)
    entry.remove(actor=actor, reason=reason, now=now)
    _audit(
        entry, "removed", actor=actor, reason=reason, before=before, after=_state(entry), now=now
    )
    return entry


@transaction.atomic
def restore(*, entry_id: UUID | str, reason: str, actor: str, now: datetime) -> BlacklistEntry:
    """Undoes a removal: the same entry, with its hits and its end. Raises AlreadyListed when it needs no undoing,
    or its value has another entry by now, and Invalid when its time has run out."""
    reason = list_values.reason(reason)
    entry = _locked(entry_id)
    if entry.removed_at is None:
        raise AlreadyListed
    if entry.until is not None and entry.until <= now:
        raise Invalid(f"Its time ran out on {plain_date(entry.until)}. Add it again instead.")
    before = _state(entry)
    entry.put_back_values()
    _make_room(entry, now)
    try:
        with transaction.atomic():
            entry.save(update_fields=["removed_at", "removed_by", "removed_reason"])
    except IntegrityError:
        raise AlreadyListed from None
    _audit(
        entry, "restored", actor=actor, reason=reason, before=before, after=_state(entry), now=now
    )
    return entry


def record_hits(*, hits: Iterable[ListHit], now: datetime) -> int:
    """One payment met these entries: the caller says so once, at the stage before the card is asked.

    The rows are locked in one order, so that two payments that meet the same two never wait for each other.
    """
    ids = sorted({hit.entry_id for hit in hits})
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(COUNT_HITS, {"ids": ids, "now": now})
        return cursor.rowcount


COUNT_HITS = """
    WITH met AS (
        SELECT id FROM fraud_blacklist WHERE id = ANY (%(ids)s::uuid[]) ORDER BY id FOR UPDATE
    )
    UPDATE fraud_blacklist AS entry SET hits = entry.hits + 1, last_hit_at = %(now)s
    FROM met WHERE entry.id = met.id
"""


def _same(entry: BlacklistEntry) -> EntryQuerySet:
    kept = BlacklistEntry.objects.kept().exclude(pk=entry.pk)
    return kept.filter(digest=entry.digest, exact=entry.exact)


def _make_room(entry: BlacklistEntry, now: datetime) -> None:
    """Closes what stands in the way and has no force or less; raises AlreadyListed for the rest."""
    for old in _same(entry).select_for_update():
        if not _gives_way(old, entry, now):
            raise AlreadyListed(_where(old), entry_id=str(old.pk))
        ran_out = old.standing(now) == "ended"
        _close(old, "Its time had run out" if ran_out else "A person decided about it", now)


def _gives_way(old: BlacklistEntry, to: BlacklistEntry, now: datetime) -> bool:
    """What ran out gives way to anything, what came by itself to a person."""
    if old.standing(now) == "ended":
        return True
    return old.source == Source.AUTOMATIC and to.source == Source.PERSON


def _close(old: BlacklistEntry, why: str, now: datetime) -> None:
    before = _state(old)
    old.remove(actor="system", reason=why, now=now)
    _audit(old, "removed", actor="system", reason=why, before=before, after=_state(old), now=now)


def _where(old: BlacklistEntry) -> str:
    day = list_values.last_day(old.until)
    end = f"until {plain_date(day)}" if day else "without an end"
    return f"This is on the list already: {old.get_effect_display().lower()}, {end}."


def _locked(entry_id: UUID | str) -> BlacklistEntry:
    entry = BlacklistEntry.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None:
        raise EntryNotFound
    return entry


def _state(entry: BlacklistEntry) -> dict[str, object]:
    """What the audit trail keeps: no value, only its digest."""
    return {
        "kind": entry.kind,
        "effect": entry.effect,
        "digest": entry.digest,
        "until": entry.until,
        "removed_at": entry.removed_at,
    }


def _audit(
    entry: BlacklistEntry,
    what: str,
    *,
    actor: str,
    reason: str,
    now: datetime,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    audit.record(
        subject=subject_of(entry.pk),
        action=f"blacklist.{what}",
        actor=actor,
        reason=reason,
        before=before,
        after=after,
        now=now,
    )


def subject_of(entry_id: UUID) -> str:
    return f"fraud.blacklistentry:{entry_id}"
