"""How a saga is described: a list of steps, each with what it does and how that is undone.

A step is run at least once, so doing it twice must be as doing it once. It ends in Go, Wait, Done, Undo or Fail; an
`Unavailable` refusal means "not now" and is tried again for three days, any other error for a number of times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.backoff import Backoff

DO_BACKOFF = Backoff(first_seconds=5, factor=4, ceiling_seconds=12 * 3600)
UNDO_ATTEMPTS = 12
UNDO_BACKOFF = Backoff(first_seconds=5, factor=4, ceiling_seconds=24 * 3600)
OUTAGE_PATIENCE = timedelta(hours=72)


@dataclass(frozen=True)
class Run:
    """What a step may know of the saga that it is part of. `now` is the moment the step began."""

    id: UUID
    subject_id: UUID
    data: Mapping[str, Any]
    epoch: int
    attempt: int
    now: datetime
    log: Any


class _Result:
    """Where to go from here, and plain data that later steps may need."""

    def __init__(self, **data: Any) -> None:
        self.data = data


class Go(_Result):
    """The step is done: on to the next."""


class Wait(_Result):
    """Nothing to do yet: run this step again when the saga is resumed, or at `until`."""

    def __init__(self, until: datetime | None = None, for_: str = "", **data: Any) -> None:
        super().__init__(**data)
        self.until = until
        self.for_ = for_


class Done(_Result):
    """The saga has reached its end early, and well."""

    def __init__(self, outcome: str = "", **data: Any) -> None:
        super().__init__(**data)
        self.outcome = outcome


class Undo(_Result):
    """It can't succeed: undo, last first, what the steps before this one have done. This step left nothing behind."""

    def __init__(self, reason: str, **data: Any) -> None:
        super().__init__(**data)
        self.reason = reason


class Fail(_Result):
    """Neither going on nor undoing is safe: a person must look, without more tries."""

    def __init__(self, reason: str, **data: Any) -> None:
        super().__init__(**data)
        self.reason = reason


@dataclass(frozen=True)
class Step:
    """One thing. `undo` takes back what `do` did, and also accepts that `do` did nothing.

    The `pivot` is the step after which undoing means giving back, not forgetting. `title` is for staff.
    """

    name: str
    do: Callable[[Run], Go | Wait | Done | Undo | Fail]
    undo: Callable[[Run], Go | Wait | Fail] | None = None
    pivot: bool = False
    attempts: int = 8
    backoff: Backoff = DO_BACKOFF
    title: str = ""

    @property
    def words(self) -> str:
        return self.title or self.name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Follower:
    """What follows a saga by events, shown beside its steps: "Invoice", done or not."""

    title: str
    done: bool
    detail: str = ""


Followers = Callable[[Sequence[UUID]], Mapping[UUID, Sequence[Follower]]]


@dataclass(frozen=True)
class Definition:
    """Name and version are stored with each run. A change of the steps needs a new version; keep the old one
    registered until its runs have ended. `unfinished` says why a subject's journey may not be closed by hand, or ""."""

    name: str
    version: int
    steps: Sequence[Step]
    deadline: timedelta = timedelta(days=30)
    title: str = ""
    unfinished: Callable[[UUID], str] | None = None
    _places: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"saga {self.name} needs steps with names of their own")
        if sum(step.pivot for step in self.steps) > 1:
            raise ValueError(f"saga {self.name} has two pivots")
        object.__setattr__(self, "_places", {name: place for place, name in enumerate(names)})

    @property
    def words(self) -> str:
        return self.title or self.name.replace("_", " ").capitalize()

    def step(self, name: str) -> Step | None:
        place = self._places.get(name)
        return None if place is None else self.steps[place]

    def after(self, step: Step) -> Step | None:
        following = self.steps[self._places[step.name] + 1 :]
        return following[0] if following else None

    def to_undo_before(self, step: Step) -> list[Step]:
        """The steps before this one that have something to undo, last first."""
        earlier = self.steps[: self._places[step.name]]
        return [earlier_step for earlier_step in reversed(earlier) if earlier_step.undo]

    def to_undo_from(self, step: Step) -> list[Step]:
        """The same with this one, for when nobody knows whether it has done something."""
        return [step] * bool(step.undo) + self.to_undo_before(step)

    def past_pivot(self, step: Step) -> bool:
        return any(earlier.pivot for earlier in self.steps[: self._places[step.name]])


class UnknownSaga(LookupError):
    """No definition of that name is registered."""


_definitions: dict[str, dict[int, Definition]] = {}
_followers: dict[str, list[Followers]] = {}


def register(definition: Definition) -> None:
    versions = _definitions.setdefault(definition.name, {})
    if versions.setdefault(definition.version, definition) is not definition:
        raise ValueError(f"saga {definition.name} v{definition.version} is registered twice")


def find(name: str, version: int) -> Definition | None:
    return _definitions.get(name, {}).get(version)


def newest(name: str) -> Definition:
    """Raises UnknownSaga."""
    versions = _definitions.get(name)
    if not versions:
        raise UnknownSaga(name)
    return versions[max(versions)]


def names() -> list[str]:
    return sorted(_definitions)


def follow(name: str, followers: Followers) -> None:
    """Called from an app's `ready()`, also of one that the saga can't know: it tells what follows, by subject."""
    _followers.setdefault(name, []).append(followers)


def followers_of(name: str, subject_id: UUID) -> list[Follower]:
    """What follows this saga, in the order in which the apps were loaded."""
    return followers_of_many(name, [subject_id])[subject_id]


def followers_of_many(name: str, subjects: Sequence[UUID]) -> dict[UUID, list[Follower]]:
    """The same for a list of them, at the cost of one."""
    told = [followers(subjects) for followers in _followers.get(name, [])]
    return {
        subject: [follower for each in told for follower in each.get(subject, [])]
        for subject in subjects
    }
