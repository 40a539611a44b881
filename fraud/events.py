"""What fraud tells the apps above it."""

from dataclasses import dataclass
from typing import ClassVar

from core.outbox.events import Event


@dataclass(frozen=True)
class ReviewDecided(Event):
    """A case left its queue: `decision` is approve, decline or lapsed (nobody decided in time)."""

    name: ClassVar[str] = "fraud.review_decided"
    version: ClassVar[int] = 1

    case_id: str
    payment_id: str
    decision: str
    at: str


@dataclass(frozen=True)
class ReviewIsLate(Event):
    """The promise made to the customer has passed and nobody has decided yet."""

    name: ClassVar[str] = "fraud.review_is_late"
    version: ClassVar[int] = 1

    case_id: str
    payment_id: str
    promise_at: str
    at: str
