"""The shape of what a signal says: a value, signed points, and the evidence in a plain sentence."""

from dataclasses import asdict, dataclass
from typing import Any

from core import formats
from fraud.subject import Tries

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


def tries_in_words(tries: Tries, where: str) -> str:
    """3 earlier tries in an hour with this email address, 1 refused in a day."""
    if tries == Tries():
        return f"No earlier tries {where}"
    seen = formats.counted(tries.tries_hour, "earlier try", "earlier tries")
    return f"{seen} in an hour {where}, {tries.refused_day} refused in a day"
