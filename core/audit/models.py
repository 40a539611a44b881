"""One row for each act on each subject, chained by a keyed hash. Rows are only ever added."""

from datetime import datetime
from typing import Any

from django.db import models


class AuditEntry(models.Model):
    """Link number `sequence` of the chain of `subject`. The database refuses UPDATE, DELETE and TRUNCATE."""

    subject = models.CharField(max_length=120)
    sequence = models.PositiveIntegerField()
    action = models.CharField(max_length=80)
    actor = models.CharField(max_length=120)
    reason = models.CharField(max_length=500, blank=True, default="")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    at = models.DateTimeField()
    trace_id = models.CharField(max_length=32, blank=True, default="")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "sequence"], name="audit_one_link_per_place"
            ),
            models.CheckConstraint(
                condition=models.Q(sequence__gte=1), name="audit_links_from_one"
            ),
        ]
        indexes = [models.Index(fields=["-at"], name="audit_by_time")]

    def __str__(self) -> str:
        return f"{self.subject} #{self.sequence} {self.action}"

    def said(self) -> dict[str, Any]:
        """What the hash of this entry covers."""
        at: datetime = self.at
        return {
            "subject": self.subject,
            "sequence": self.sequence,
            "action": self.action,
            "actor": self.actor,
            "reason": self.reason,
            "before": self.before,
            "after": self.after,
            "at": at.isoformat(),
            "trace_id": self.trace_id,
            "previous_hash": self.previous_hash,
        }


class Verification(models.Model):
    """One recomputation of the whole trail: who asked, how many records, what was found broken."""

    asked_at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    finished_at = models.DateTimeField(null=True)
    records = models.PositiveBigIntegerField(default=0)
    since = models.DateTimeField(null=True)
    breaks = models.PositiveIntegerField(default=0)
    broken = models.JSONField(default=list)
    head = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = "verification"

    def __str__(self) -> str:
        return f"{self.records} records"

    def finish(
        self,
        *,
        records: int,
        since: datetime | None,
        broken: list[list[Any]],
        breaks: int,
        head: str,
        now: datetime,
    ) -> None:
        self.records, self.since, self.broken = records, since, broken
        self.breaks, self.head, self.finished_at = breaks, head, now
        self.save()
