"""What people decided about a switch. Rows are only added: the newest of each is in force, until its end if it has one."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from core.switches.memory import Name

REASON_LENGTH_MAX = 200


class SwitchOrderQuerySet(models.QuerySet["SwitchOrder"]):
    def newest(self) -> "SwitchOrderQuerySet":
        """One for each switch that was ever touched."""
        return self.order_by("name", "-id").distinct("name")


class SwitchOrder(models.Model):
    name = models.CharField(max_length=20)
    is_on = models.BooleanField()
    reason = models.CharField(max_length=REASON_LENGTH_MAX)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects = SwitchOrderQuerySet.as_manager()

    class Meta:
        verbose_name = "switch"
        verbose_name_plural = "switches"
        indexes = [models.Index(fields=["name", "-id"], name="switches_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(name__in=[each.value for each in Name]), name="switches_name_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="switches_reason_given"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {'on' if self.is_on else 'off'}"

    def is_in_force(self, now: datetime) -> bool:
        return self.is_on and (self.until is None or self.until > now)
