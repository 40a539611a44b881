"""One act on many things, done in the background: each by itself, so that one that is refused stops no other.

Every act is safe to do twice: a worker that dies in the middle leaves the rest to the next, which may begin again
with the few that were not yet noted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from django.db import transaction

from core import clock, nudges
from core.backoffice.models import BulkRun
from core.errors import Invalid, Refusal

KEYS_MAX = 1000
NOTED_EVERY = 10
TASK = "core.backoffice.tasks.run_bulk"

log = structlog.get_logger(__name__)


class Does(Protocol):
    def __call__(self, *, key: UUID, actor: str, reason: str, now: datetime) -> str: ...


@dataclass(frozen=True)
class Act:
    """`do` acts on one key and tells in a few words what it did; a Refusal says why it could not."""

    name: str
    words: str
    do: Does
    page: Callable[[str], str]


class TooManyAtOnce(Invalid):
    code = "too_many_at_once"
    detail = f"At most {KEYS_MAX:,} at once. Choose fewer, and then the rest."


_acts: dict[str, Act] = {}


def register(act: Act) -> None:
    """Called from a part's `admin.py`, so every process must load those before it works on a run."""
    _acts[act.name] = act


def act_of(run: BulkRun) -> Act | None:
    return _acts.get(run.act)


def start(*, act: str, keys: Sequence[str], reason: str, actor: str, now: datetime) -> BulkRun:
    """Ask for it; a worker takes it up in the next second."""
    if len(keys) > KEYS_MAX:
        raise TooManyAtOnce
    with transaction.atomic():
        run = BulkRun.objects.create(
            act=_acts[act].name, keys=list(keys), reason=reason[:200], actor=actor, asked_at=now
        )
        nudges.on_commit(TASK, run_id=str(run.pk))
    return run


def walk(*, run_id: UUID | str) -> BulkRun | None:
    """Do what is left of it; None when it is done or in another's hand."""
    run = BulkRun.claim(run_id, now=clock.now())
    if run is None:
        return None
    waiting = run.waiting()
    for first in range(0, len(waiting), NOTED_EVERY):
        keys = waiting[first : first + NOTED_EVERY]
        run.note([_one(run, key) for key in keys], now=clock.now())
    run.finish(now=clock.now())
    return run


def sweep(*, now: datetime) -> int:
    """Take up what a dead worker left, or nobody was nudged for."""
    free = BulkRun.objects.filter(finished_at=None).exclude(leased_until__gt=now)
    return sum(walk(run_id=key) is not None for key in free.values_list("pk", flat=True)[:20])


def _one(run: BulkRun, key: str) -> tuple[str, bool, str]:
    act = _acts[run.act]
    try:
        said = act.do(key=UUID(key), actor=run.actor, reason=run.reason, now=clock.now())
    except Refusal as refusal:
        return key, False, refusal.detail
    except Exception as error:
        # One that fails must not keep the others waiting; what it was is in the log.
        log.exception("bulk_item_failed", act=run.act, key=key)
        return key, False, f"It failed: {type(error).__name__}."
    return key, True, said
