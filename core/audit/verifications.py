"""Recomputing the whole audit trail, and keeping what came of it: on demand, and once a day."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction

from core import nudges
from core.audit import chain, selectors, services
from core.audit.models import AuditEntry, Verification

TASK = "core.audit.tasks.verify"
BREAKS_KEPT = 100
STAFF_ONLY = "audit.trail:all"


def ask(*, actor: str, now: datetime) -> Verification:
    """Begin one in the background. That somebody asked is itself on record."""
    with transaction.atomic():
        verification = Verification.objects.create(asked_at=now, actor=actor)
        services.record(subject=STAFF_ONLY, action="verification asked for", actor=actor, now=now)
        nudges.on_commit(TASK, verification_id=verification.pk)
    return verification


def run(*, verification_id: int | None, now: datetime) -> Verification:
    """Recompute every link; a new verification of our own where none is named. Twice finds the same."""
    if verification_id is None:
        verification = Verification.objects.create(asked_at=now, actor="system")
    else:
        verification = Verification.objects.get(pk=verification_id)
    counted = _Counted()
    broken = list(chain.breaks(counted.through(selectors.in_chains())))
    verification.finish(
        records=counted.records,
        since=counted.since,
        broken=[[each.subject, each.sequence, each.why] for each in broken[:BREAKS_KEPT]],
        breaks=len(broken),
        head=selectors.head().hash,
        now=now,
    )
    return verification


class _Counted:
    def __init__(self) -> None:
        self.records = 0
        self.since: datetime | None = None

    def through(self, entries: Iterable[AuditEntry]) -> Iterator[AuditEntry]:
        for entry in entries:
            self.records += 1
            self.since = min(self.since or entry.at, entry.at)
            yield entry
