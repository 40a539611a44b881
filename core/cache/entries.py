"""One cached value in this process, and until when it may be used for what. Times are the clock's seconds."""

import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from core import clock
from core.cache import codec
from core.cache.families import Family

ENTRY_BYTES = 400  # what an entry costs beside its value


def now() -> float:
    """The one clock, so that a test or a chaos run which moves it moves lives too."""
    return clock.now().timestamp() if settings.CLOCK_OFFSET_FILE else time.time()


class Absent:
    """Remembered: the factory refused with one of the family's `absent`."""

    __slots__ = ("refusal",)

    def __init__(self, refusal: str) -> None:
        self.refusal = refusal


codec.register(Absent, name="absent", pack=lambda value: value.refusal, unpack=Absent, frozen=True)


class Entry:
    """`born` is the number of invalidations that were known when its making began; see `invalidation`."""

    __slots__ = (
        "born", "checked", "counter", "eager_at", "family", "fresh_until", "hard_fresh_until", "is_frozen", "key",
        "made_at", "size", "stale_until", "tags", "text", "value",
    )  # fmt: skip

    def __init__(
        self,
        key: str,
        family: Family,
        text: str,
        *,
        made_at: float,
        fresh_until: float,
        stale_until: float,
        tags: tuple[str, ...],
        born: int,
        counter: Iterator[int],
        value: Any = ...,
    ) -> None:
        self.key, self.family, self.text, self.tags = key, family, text, tags
        self.made_at, self.stale_until = made_at, stale_until
        self.born = self.checked = born
        self.counter = counter
        found = codec.decode(text) if value is ... else value
        self.is_frozen = codec.is_frozen(found)
        # What can change is read anew for each caller.
        self.value = found if self.is_frozen else None
        self.size = len(text) + ENTRY_BYTES
        # After `local_seconds` Valkey is asked again, though the value may still be fresh there.
        self.hard_fresh_until = fresh_until
        self.fresh_until = min(fresh_until, now() + family.local_seconds)
        life = fresh_until - made_at
        self.eager_at = made_at + life * family.eager if family.eager < 1 else float("inf")

    def settle(self) -> None:
        """It was sent where it had to be sent: what can't change is not kept twice."""
        if self.is_frozen:
            self.text = ""

    def read(self) -> Any:
        return self.value if self.is_frozen else codec.decode(self.text)

    def is_fresh(self, at: float) -> bool:
        # Made after now: the clock was put back, and nothing is known of its age.
        return self.made_at - 1 <= at < self.hard_fresh_until

    def may_be_shown(self, at: float) -> bool:
        return self.made_at - 1 <= at < self.stale_until
