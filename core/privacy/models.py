"""That somebody was erased, and what each night forgot. None of it says whom."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from core import clock
from core.ids import uuid7


class Erasure(models.Model):
    """`who` is a keyed digest while it is under way, so that a second run finds it; afterwards nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    who = models.CharField(max_length=64, blank=True)
    asked_by = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    counts = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["who"], condition=Q(finished_at=None), name="privacy_one_erasure_at_once"
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(who=""), name="privacy_erasure_forgets_who"
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure {str(self.pk)[-6:]}"

    def finish(self, *, now: datetime) -> None:
        self.who, self.finished_at = "", now
        self.save(update_fields=["who", "finished_at"])


class RetentionRun(models.Model):
    """One night: how many rows each rule forgot, and the kind of failure where one did not."""

    began_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)
    forgotten = models.JSONField(default=dict)
    failed = models.JSONField(default=dict)

    class Meta:
        verbose_name = "night of forgetting"
        verbose_name_plural = "nights of forgetting"

    def __str__(self) -> str:
        return f"{sum(self.forgotten.values())} rows forgotten"

    def finish(self) -> None:
        self.finished_at = clock.now()
        self.save(update_fields=["finished_at"])
