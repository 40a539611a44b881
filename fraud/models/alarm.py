"""The alarm of the whole site: somebody tries out cards everywhere at once."""

from datetime import datetime

from django.db import models

from core.ids import uuid7


class AlarmQuerySet(models.QuerySet["SiteAlarm"]):
    def in_force(self, now: datetime) -> "AlarmQuerySet":
        return self.filter(opened_at__lte=now, lasts_until__gt=now)


class SiteAlarm(models.Model):
    """In force until `lasts_until`, which moves on while what opened it goes on: it ends by itself, even when
    nobody looks any more. The numbers are the last look's, `usual` is declines for each payment."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    opened_at = models.DateTimeField()
    lasts_until = models.DateTimeField()
    declines = models.PositiveIntegerField()
    cards = models.PositiveIntegerField("different cards declined")
    payments = models.PositiveIntegerField("payments that went through")
    usual = models.FloatField("declines for each payment otherwise")

    objects = AlarmQuerySet.as_manager()

    class Meta:
        verbose_name = "card-testing alarm"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lasts_until__gt=models.F("opened_at")),
                name="fraud_sitealarm_lasts",
            ),
        ]
        indexes = [models.Index(fields=["-lasts_until"], name="fraud_sitealarm_latest")]

    def __str__(self) -> str:
        return f"Card testing since {self.opened_at:%Y-%m-%d %H:%M}"
