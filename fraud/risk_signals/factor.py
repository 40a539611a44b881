"""A factor: one thing worth seeing, the points it has as shipped, and how they follow its value.

A module of this folder has `STAGES`, `FACTORS`, `values(subject, facts)` and
`evidence(name, value, subject, facts)`, all pure. `values` names each of its factors: None is "not
known", 0 is a value of its own. A weight set may replace the points, never the meaning.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

Value = float | str | None
Values = dict[str, Value]
Steps = tuple[tuple[float, float], ...]

# What a value may demand whatever the sum is: `block` lifts the score to 100, `review` and `ask`
# (for 3-D Secure) to the band's start, `allow` keeps it under all bands unless something blocks.
RULES = ("block", "review", "ask", "allow")


@dataclass(frozen=True, slots=True)
class Points:
    """`steps` are (from, points), rising in `from`; below the first one, and for a word that
    `values` does not name, there are no points."""

    steps: Steps = ()
    values: Mapping[str, float] = field(default_factory=dict)
    zero: float = 0
    missing: float = 0

    def at(self, value: Value) -> float:
        if value is None:
            return self.missing
        if isinstance(value, str):
            return self.values.get(value, 0)
        if value == 0:
            return self.zero
        reached = bisect_right(self.steps, (value, float("inf"))) - 1
        return self.steps[reached][1] if reached >= 0 else 0

    def largest(self) -> float:
        reachable = [points for _start, points in self.steps]
        return max([*reachable, *self.values.values(), self.zero, self.missing])


@dataclass(frozen=True, slots=True)
class Factor:
    """`title` heads the sentence that staff read. `adverse` says which way fitted points may go:
    `more` never fall as the value rises, `less` never rise, `none` is free. `rules` by value. `of` is
    the kind of key without which it is never known, `beside` the other kind that it counts."""

    name: str
    title: str
    steps: Steps = ()
    values: Mapping[str, float] = field(default_factory=dict)
    zero: float = 0
    missing: float = 0
    adverse: str = "more"
    rules: Mapping[str, str] = field(default_factory=dict)
    of: str = ""
    beside: str = ""

    @property
    def is_word(self) -> bool:
        """Whether its value is a word, not a number."""
        return bool(self.values or self.rules)

    @property
    def points(self) -> Points:
        return Points(self.steps, self.values, self.zero, self.missing)
