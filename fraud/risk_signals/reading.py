"""The shape of what is kept of a factor: its value, its signed points, the evidence in words."""

from dataclasses import asdict, dataclass
from typing import Any

from core import formats


@dataclass(frozen=True, slots=True)
class Reading:
    """`points` is 0 for what speaks neither way."""

    signal: str
    value: Any
    points: float
    evidence: str
    title: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def tries_in_words(tries: int, refused: int, where: str) -> str:
    """3 earlier tries in an hour with this email address, 1 refused in a day."""
    if not tries and not refused:
        return f"No earlier tries {where}"
    seen = formats.counted(tries, "earlier try", "earlier tries")
    return f"{seen} in an hour {where}, {refused} refused in a day"
