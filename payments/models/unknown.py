"""What a row remembers of an outcome that nobody knows: since when, how often it was looked for, when next."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models

# A waiting page asks every other second; the gateway is not asked more often than this.
LOOK_PAUSE = timedelta(seconds=10)


class UnknownOutcome(models.Model):
    """Looks that fall due are counted, and end on a person's list; looks in between are free."""

    unknown_at = models.DateTimeField(null=True)
    checks = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    check_due_at = models.DateTimeField(null=True)
    absent_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def may_look(self, now: datetime) -> bool:
        return self.checked_at is None or now >= self.checked_at + LOOK_PAUSE

    def note_check(
        self, *, absent_at: datetime | None, next_due_at: datetime | None, now: datetime
    ) -> None:
        """One more look that settled nothing; `absent_at`: the gateway first knew nothing then.

        `next_due_at` is when to look again should this look be one that was due; None: no more.
        """
        if self.check_due_at is None or now >= self.check_due_at:
            self.checks += 1
            self.check_due_at = next_due_at
        self.checked_at = now
        self.absent_at = absent_at
        self.save(update_fields=["checks", "check_due_at", "checked_at", "absent_at"])

    def _out_of_sight(self, *, due_at: datetime | None, now: datetime) -> dict[str, Any]:
        """Each question whose answer is lost has its own three days: looks for an earlier one don't count."""
        return {
            "unknown_at": now,
            "checks": 0,
            "checked_at": None,
            "check_due_at": due_at,
            "absent_at": None,
        }
