"""One thing that the two books tell otherwise, before anybody keeps it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is the gateway's object, or ours where the gateway has none; amounts are pence."""

    kind: str
    subject: str
    happened_at: datetime
    payment_id: UUID | None = None
    ours_minor: int | None = None
    theirs_minor: int | None = None
    ours_word: str = ""
    theirs_word: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` until before `until`. What is younger than `settled` may still be on its way here."""

    since: datetime
    until: datetime
    settled: datetime

    def holds(self, moment: datetime | None) -> bool:
        return moment is not None and self.since <= moment < self.until
