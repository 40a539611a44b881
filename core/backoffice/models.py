"""What staff asked to be done to many things at once, and what became of each."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from core import ids

LEASE = timedelta(seconds=60)


class BulkRun(models.Model):
    """One act on a list of keys. `results` holds [key, went well, words] of those already dealt with."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    act = models.CharField(max_length=60)
    reason = models.CharField(max_length=200, blank=True, default="")
    actor = models.CharField(max_length=80)
    keys = models.JSONField()
    results = models.JSONField(default=list)
    asked_at = models.DateTimeField("asked for")
    finished_at = models.DateTimeField("done", null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "bulk action"
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(finished_at=None), name="backoffice_bulk_open"
            )
        ]

    def __str__(self) -> str:
        return self.act

    @classmethod
    def claim(cls, run_id: object, *, now: datetime) -> "BulkRun | None":
        """The run, for this hand alone until the lease ends; None when done or in another hand."""
        free = Q(leased_until=None) | Q(leased_until__lte=now)
        taken = cls.objects.filter(free, pk=run_id, finished_at=None).update(
            leased_until=now + LEASE
        )
        return cls.objects.get(pk=run_id) if taken else None

    def waiting(self) -> list[str]:
        dealt_with = {key for key, _, _ in self.results}
        return [key for key in self.keys if key not in dealt_with]

    def note(self, results: list[tuple[str, bool, str]], *, now: datetime) -> None:
        self.results += [list(each) for each in results]
        self.leased_until = now + LEASE
        self.save(update_fields=["results", "leased_until"])

    def finish(self, *, now: datetime) -> None:
        self.finished_at, self.leased_until = now, None
        self.save(update_fields=["finished_at", "leased_until"])


class Report(models.Model):
    """No rows: a name for the reports' pages and their permissions."""

    class Meta:
        managed = False
        default_permissions = ("view", "export")
        verbose_name = "report"

    def __str__(self) -> str:
        return "report"
