"""Erasing one person: who that is, what stands in the way, and what each app does, step by step.

A step is one transaction and may be repeated. The last one takes away what the person is found by, so a run that was
cut short is started again with the same words and does what is left.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.audit.personal import masked
from core.crypto.index import keyed_digest
from core.errors import Conflict, NotFound
from core.privacy.models import Erasure

PURPOSE = "privacy.erasure"


class NobodyFound(NotFound):
    code = "nobody_to_erase"
    detail = "We hold nothing of this person, or they have been erased already."


class CannotEraseYet(Conflict):
    code = "cannot_erase_yet"


@dataclass(frozen=True)
class Person:
    """Everybody who gave one address. `words` are what they typed, for what can't be found by key; `subjects` what
    else messages about them are filed under."""

    email: str
    customers: tuple[UUID, ...] = ()
    bookings: tuple[UUID, ...] = ()
    references: tuple[str, ...] = ()
    attendees: tuple[UUID, ...] = ()
    waiting: tuple[UUID, ...] = ()
    enquiries: tuple[UUID, ...] = ()
    wishes: tuple[UUID, ...] = ()
    subjects: tuple[str, ...] = ()
    words: frozenset[str] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(
            self.customers
            or self.bookings
            or self.attendees
            or self.waiting
            or self.enquiries
            or self.wishes
        )

    def __repr__(self) -> str:
        return f"<a person, {len(self.bookings)} bookings>"


Counts = dict[str, int]


@dataclass(frozen=True)
class Step:
    """`count` says what there is to do in plain words and numbers; `erase` does it."""

    name: str
    count: Callable[[Person], Counts]
    erase: Callable[[Person, datetime], None]


Find = Callable[[str], Person | None]
Subjects = Callable[[Person], list[str]]
Bar = Callable[[Person, datetime], list[str]]
_finders: list[Find] = []
_subjects: list[Subjects] = []
_bars: list[Bar] = []
_steps: list[tuple[int, Step]] = []


def found_by(find: Find) -> None:
    _finders.append(find)


def told_under(subjects: Subjects) -> None:
    """An app whose messages are about rows of its own names those of the person."""
    _subjects.append(subjects)


def barred_by(bar: Bar) -> None:
    """`bar` gives a sentence for each thing that forbids it now."""
    _bars.append(bar)


def step(place: int, name: str, count: Callable[[Person], Counts], erase: Callable) -> None:
    """Steps run in the order of their places; the highest place is for what the person is found by."""
    _steps.append((place, Step(name, count, erase)))


@dataclass(frozen=True)
class Preview:
    counts: Counts
    bars: list[str]


def find(term: str) -> Person:
    """By booking reference, customer id or e-mail address; raises NobodyFound."""
    for finder in _finders:
        person = finder(term.strip())
        if person:
            named = [name for subjects in _subjects for name in subjects(person)]
            return replace(person, subjects=tuple(named))
    raise NobodyFound


def preview(person: Person, *, now: datetime) -> Preview:
    counts: Counts = {}
    for each in _in_order():
        counts |= {name: number for name, number in each.count(person).items() if number}
    return Preview(counts, bars(person, now=now))


def bars(person: Person, *, now: datetime) -> list[str]:
    return [sentence for bar in _bars for sentence in bar(person, now)]


def erase(person: Person, *, actor: str, reason: str, now: datetime) -> Erasure:
    """Raises CannotEraseYet, with every sentence that says why. What a run before this one began is gone on with."""
    counts = preview(person, now=now).counts
    erasure, _ = Erasure.objects.get_or_create(
        who=keyed_digest(person.email, purpose=PURPOSE),
        finished_at=None,
        defaults={"asked_by": actor, "reason": masked(reason), "asked_at": now, "counts": counts},
    )
    *steps, last = _in_order()
    for each in steps:
        with transaction.atomic():
            _refuse_barred(person, now)
            each.erase(person, now)
    with transaction.atomic():
        _refuse_barred(person, now)
        last.erase(person, now)
        erasure.finish(now=now)
        _write_down(erasure, person, actor, now)
    return erasure


def _refuse_barred(person: Person, now: datetime) -> None:
    why = bars(person, now=now)
    if why:
        raise CannotEraseYet(" ".join(why))


def _write_down(erasure: Erasure, person: Person, actor: str, now: datetime) -> None:
    subjects = [f"courses.customer:{key}" for key in person.customers]
    for subject in [f"privacy.erasure:{erasure.pk}", *subjects]:
        audit.record(
            subject=subject,
            action="erased",
            actor=actor,
            reason=erasure.reason,
            after={"erasure": str(erasure.pk), "counts": erasure.counts},
            now=now,
        )


def _in_order() -> list[Step]:
    return [each for _, each in sorted(_steps, key=lambda pair: pair[0])]
