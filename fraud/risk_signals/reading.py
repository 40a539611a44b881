"""The shape of what a signal says: a value, signed points, and the evidence in a plain sentence."""

from dataclasses import asdict, dataclass
from typing import Any

Steps = tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """`points` is 0 for what speaks neither way; a missing value (None) always has 0."""

    signal: str
    value: Any
    points: int
    evidence: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def points_at(value: float, steps: Steps) -> int:
    """The points of the highest step that `value` reaches; steps are (from, points), rising."""
    reached = [points for start, points in steps if value >= start]
    return reached[-1] if reached else 0
