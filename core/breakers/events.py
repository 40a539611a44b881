"""What breakers tell: ten kinds of event, to whoever listens in this process. A listener must be quick."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    SUCCESS = "success"
    ERROR = "error"
    IGNORED_ERROR = "ignored_error"
    NOT_PERMITTED = "not_permitted"
    BULKHEAD_FULL = "bulkhead_full"
    STATE_TRANSITION = "state_transition"
    FAILURE_RATE_EXCEEDED = "failure_rate_exceeded"
    SLOW_RATE_EXCEEDED = "slow_rate_exceeded"
    RESET = "reset"
    SUSPICION = "suspicion"


@dataclass(frozen=True, slots=True)
class Event:
    kind: Kind
    breaker: str
    before: str = ""
    after: str = ""
    cause: str = ""
    seconds: float = 0.0


Listener = Callable[[Event], None]
_listeners: dict[Kind, list[Listener]] = {kind: [] for kind in Kind}


def subscribe(listener: Listener, *kinds: Kind) -> Callable[[], None]:
    """Of all kinds when none is named. Returns what ends it."""
    wanted = kinds or tuple(Kind)
    for kind in wanted:
        _listeners[kind].append(listener)

    def end() -> None:
        for kind in wanted:
            _listeners[kind].remove(listener)

    return end


def heard(kind: Kind) -> bool:
    return bool(_listeners[kind])


def tell(event: Event) -> None:
    for listener in tuple(_listeners[event.kind]):
        listener(event)
