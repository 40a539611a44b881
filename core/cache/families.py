"""Families: what is cached, for how long, from which tables it is read, and what that is in words for staff."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from django.apps import apps

Answer = TypeVar("Answer")
FOREVER = 1e11


@dataclass(frozen=True)
class Family:
    """All times in seconds.

    A value is fresh for `seconds`, less up to `jitter` of it, so that many don't end at once. For `stale_seconds`
    more it may be shown when making a new one fails or takes longer than `soft_seconds`. Who has nothing to show
    waits `hard_seconds`. A process believes its own copy for `local_seconds`, then asks Valkey. The last part of
    its life, after `eager`, a value is made anew behind the caller's back. `absent_seconds` is how long nothing, or
    a refusal of the kinds `absent`, is remembered.
    `reads` names models ("courses.booking", or "courses.booking:status,places" for some columns): a committed
    change of them forgets the family, unless `unchanged_by` says of the statement's values that nothing shown
    has changed. `personal` values are sealed before they leave the process, and their keys
    are digests.
    """

    name: str
    title: str = ""
    purpose: str = ""
    cost: str = ""
    seconds: float = 300.0
    stale_seconds: float = 0.0
    local_seconds: float = 30.0
    soft_seconds: float = 0.1
    hard_seconds: float = 2.0
    absent_seconds: float = 5.0
    eager: float = 0.8
    jitter: float = 0.1
    absent: tuple[type[Exception], ...] = ()
    reads: tuple[str, ...] = ()
    unchanged_by: Callable[[Any], bool] | None = None
    personal: bool = False
    shows_places: bool = False

    def __post_init__(self) -> None:
        if not self.name.replace("-", "").isalnum():
            raise ValueError(f"{self.name!r}: a family's name is letters, digits and dashes")
        if min(self.seconds, self.hard_seconds, self.soft_seconds, self.local_seconds) <= 0:
            raise ValueError(f"{self.name}: times must be above 0")

    @property
    def words(self) -> str:
        return self.title or self.name

    @property
    def oldest_seconds(self) -> float:
        """How old what is shown can be at most."""
        return self.seconds + self.stale_seconds

    @property
    def tables(self) -> dict[str, tuple[str, ...]]:
        """The tables that are read, each with the columns that matter (none named: all)."""
        found = {}
        for each in self.reads:
            model, _, columns = each.partition(":")
            found[apps.get_model(model)._meta.db_table] = tuple(filter(None, columns.split(",")))
        return found

    @property
    def own_tags(self) -> tuple[str, ...]:
        """A family that is read from tables is forgotten as a whole."""
        return (f"family:{self.name}",)

    def life(self) -> float:
        """Seconds of one value."""
        return self.seconds * (1 - random.random() * self.jitter)  # noqa: S311

    def key(self, *parts: Any) -> str:
        """One key for one list of parts, whatever is in them."""
        return ":".join([self.name, *map(_part, parts)])

    def get(
        self, parts: Iterable[Any], factory: Callable[[], Answer], *, tags: tuple[str, ...] = ()
    ) -> Answer:
        """The value for these parts, made by `factory` when nobody has it. Raises what `factory` raises."""
        from core.cache.layers import layers

        return layers().get_or_make(self.key(*parts), self, factory, tags=tags)


def _part(part: Any) -> str:
    text = str(part)
    return quote(text, safe="") if ":" in text or "%" in text else text


@dataclass
class _Registry:
    families: dict[str, Family] = field(default_factory=dict)


OTHER = Family(
    "other",
    title="Small things",
    purpose="Counts beside the menu of the back office, and who was asked a moment ago.",
    cost="The next page of each colleague counts again.",
)
_registry = _Registry({OTHER.name: OTHER})


def register(family: Family) -> Family:
    if _registry.families.get(family.name, family) != family:
        raise ValueError(f"cache family {family.name} is registered twice")
    return _registry.families.setdefault(family.name, family)


def unregister(name: str) -> None:
    _registry.families.pop(name, None)


def all_families() -> Mapping[str, Family]:
    return _registry.families


def of_key(key: str) -> Family:
    """The family that a key's first part names; `other` when it names none."""
    return _registry.families.get(key.partition(":")[0], OTHER)
