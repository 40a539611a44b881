"""The score: base plus the signed points of every factor, kept within 0 and 100. Pure.

The base and the cut at either end are readings of their own, so that the points shown always sum
to the score. What blocks, asks or allows whatever the sum is (`factor.RULES`) shows it as points of
its own reading. Points go in tenths; sums are exact and in no order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fraud.risk_signals import FACTORS
from fraud.risk_signals.factor import Factor, Points, Value, Values
from fraud.risk_signals.reading import Reading

RULE_VERSION = "2026-11.2"
BASE = 5
LOWEST, HIGHEST = 0, 100
HELD_OUT = "Drawn to be looked at by a person instead of being stopped"

Evidence = Callable[[str, Value], str]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """3-D Secure is asked for from one score, a person decides from the next, and above the last
    the card is not charged."""

    three_d_secure_from: int
    review_from: int
    block_above: int

    def band(self, score: int) -> str:
        if score > self.block_above:
            return "high"
        return "medium" if score >= self.review_from else "low"


@dataclass(frozen=True, slots=True)
class WeightSet:
    """The points in force: a base, and for each factor how its points follow its value. A factor
    that the set does not name keeps the points it was shipped with."""

    version: str
    base: float
    factors: Mapping[str, Points] = field(default_factory=dict)

    def points(self, factor: Factor, value: Value) -> float:
        return (self.factors.get(factor.name) or factor.points).at(value)


@dataclass(frozen=True, slots=True)
class Floor:
    """A least score that does not come from a factor, with its reason; with `asks`, 3-D Secure too."""

    signal: str
    score: int
    evidence: str
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """`total` is the sum of base and factors before rules, floors and the cut: what is ranked by."""

    score: int
    total: float
    band: str
    three_d_secure: bool
    readings: tuple[Reading, ...]


SHIPPED = WeightSet(RULE_VERSION, BASE, {name: each.points for name, each in FACTORS.items()})


def score(
    values: Values,
    weights: WeightSet,
    thresholds: Thresholds,
    *,
    evidence: Evidence,
    floors: Sequence[Floor] = (),
    holdout: bool = False,
    factors: Mapping[str, Factor] = FACTORS,
) -> Score:
    """The same values in any order give the same score; each factor keeps its own points. With
    `holdout` points alone never block: only what a rule blocks is."""
    tenths = {name: _tenths(weights.points(factors[name], values[name])) for name in values}
    base = _tenths(weights.base)
    total = base + sum(tenths.values())
    ruled = _ruled(values, tenths, total, thresholds, factors)
    readings = [
        Reading(
            name,
            values[name],
            _shown(ruled[name]),
            evidence(name, values[name]),
            factors[name].title,
        )
        for name in factors
        if ruled.get(name)
    ]
    reached = base + sum(ruled.values())
    for floor in floors:
        if reached < floor.score * 10:
            readings.append(
                Reading(floor.signal, None, _shown(floor.score * 10 - reached), floor.evidence)
            )
            reached = floor.score * 10
    if holdout and not _has_block(values, factors) and reached // 10 > thresholds.block_above:
        short = thresholds.block_above * 10 - reached
        readings.append(Reading("holdout", None, _shown(short), HELD_OUT))
        reached += short
    kept = min(max(reached // 10, LOWEST), HIGHEST)
    start = Reading("base", None, _shown(base), f"Every payment starts at {_shown(base)}")
    cut = [
        Reading("cut", _shown(reached), _shown(kept * 10 - reached), f"The score ends at {kept}")
    ]
    return Score(
        score=kept,
        total=total / 10,
        band=thresholds.band(kept),
        three_d_secure=kept >= thresholds.three_d_secure_from
        or "ask" in _rules(values, factors).values()
        or any(floor.asks for floor in floors),
        readings=(start, *readings, *(cut if kept * 10 != reached else [])),
    )


def _has_block(values: Values, factors: Mapping[str, Factor]) -> bool:
    return "block" in _rules(values, factors).values()


def _rules(values: Values, factors: Mapping[str, Factor]) -> dict[str, str | None]:
    """What each value demands whatever the sum is."""
    return {
        name: rules.get(str(value))
        for name, value in values.items()
        if (rules := factors[name].rules)
    }


def asking_score(thresholds: Thresholds) -> int:
    """Where asking the bank lifts a score to: never so far that a person must look as well."""
    return min(thresholds.three_d_secure_from, thresholds.review_from - 1)


def total(values: Values, weights: WeightSet, factors: Mapping[str, Factor] = FACTORS) -> float:
    """Base and points alone, as `score` sums them."""
    points = (weights.points(factors[name], value) for name, value in values.items())
    return (_tenths(weights.base) + sum(map(_tenths, points))) / 10


def _ruled(
    values: Values,
    tenths: dict[str, int],
    total: int,
    thresholds: Thresholds,
    factors: Mapping[str, Factor],
) -> dict[str, int]:
    """The points once the rules were heard: what allows first, then what asks, reviews, blocks."""
    demands = {"allow": 0, "ask": asking_score(thresholds), "review": thresholds.review_from}
    demands["block"] = HIGHEST
    heard = _rules(values, factors)
    ruled = dict(tenths)
    for rule, limit in demands.items():
        for name in sorted(name for name, each in heard.items() if each == rule):
            short = limit * 10 - total
            if (short < 0) if rule == "allow" else (short > 0):
                ruled[name] += short
                total += short
    return ruled


def _tenths(points: float) -> int:
    return round(points * 10)


def _shown(tenths: int) -> float:
    """Whole points as whole numbers, others with their tenth."""
    return tenths // 10 if tenths % 10 == 0 else tenths / 10


def as_json(weights: WeightSet) -> dict[str, Any]:
    """The weight set as it is kept; `from_json` gives an equal one."""
    factors = {
        name: {
            "steps": [list(step) for step in points.steps],
            "values": dict(points.values),
            "zero": points.zero,
            "missing": points.missing,
        }
        for name, points in weights.factors.items()
    }
    return {"version": weights.version, "base": weights.base, "factors": factors}


def from_json(values: dict[str, Any]) -> WeightSet:
    factors = {
        name: Points(
            tuple((start, points) for start, points in each["steps"]),
            each["values"],
            each["zero"],
            each["missing"],
        )
        for name, each in values["factors"].items()
    }
    return WeightSet(values["version"], values["base"], factors)
