"""How each part did, in slots of five minutes: what the page's 24 hours are drawn from."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models

SLOT = timedelta(minutes=5)


class Slot(models.Model):
    """One part in five minutes: how often it was asked, how often it failed or was slow, how long it took."""

    part = models.CharField(max_length=40)
    began_at = models.DateTimeField()
    asked = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    slow = models.PositiveIntegerField(default=0)
    last_good_at = models.DateTimeField(null=True)
    last_asked_at = models.DateTimeField()
    latencies = ArrayField(models.FloatField(), default=list)

    class Meta:
        verbose_name = "health"
        verbose_name_plural = "health"
        constraints = [
            models.UniqueConstraint(fields=["part", "began_at"], name="health_one_slot_each")
        ]
        indexes = [models.Index(fields=["began_at"], name="health_by_time")]

    def __str__(self) -> str:
        return f"{self.part} {self.began_at:%H:%M}"
