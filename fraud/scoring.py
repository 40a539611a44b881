"""The score: base plus the signed points of every reading, kept within 0 and 100. Pure.

The base and the cut at either end are readings of their own, so that the points shown always sum
to the score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fraud.risk_signals.reading import Reading

RULE_VERSION = "2026-11.1"
BASE = 5
LOWEST, HIGHEST = 0, 100


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
class Score:
    score: int
    band: str
    three_d_secure: bool
    readings: tuple[Reading, ...]


def score(readings: Sequence[Reading], thresholds: Thresholds) -> Score:
    """The same readings in any order give the same score; each keeps its own points."""
    base = Reading("base", None, BASE, f"Every payment starts at {BASE}")
    total = BASE + sum(reading.points for reading in readings)
    kept = min(max(total, LOWEST), HIGHEST)
    cut = [Reading("cut", total, kept - total, _cut_words(kept))] if kept != total else []
    return Score(
        score=kept,
        band=thresholds.band(kept),
        three_d_secure=kept >= thresholds.three_d_secure_from,
        readings=(base, *readings, *cut),
    )


def _cut_words(kept: int) -> str:
    return f"The score ends at {kept}"
