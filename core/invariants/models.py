"""How each invariant stood when it was last checked."""

from django.db import models


class Standing(models.Model):
    """One for each invariant. `broken` holds causes and counts; ids and amounts are the command's to print."""

    invariant = models.CharField(max_length=10, primary_key=True)
    checked_at = models.DateTimeField()
    took_seconds = models.FloatField()
    broken = models.JSONField(default=list)
    failure = models.CharField(max_length=300, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.invariant}: {'broken' if self.broken else 'holds'}"
