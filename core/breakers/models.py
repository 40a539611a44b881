"""What people decided about a breaker. Rows are only added: the newest of each breaker is in force until its end."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from core.breakers.policy import State


class OrderState(models.TextChoices):
    FORCED_OPEN = State.FORCED_OPEN.value, "Paused"
    DISABLED = State.DISABLED.value, "Let through"
    METRICS_ONLY = State.METRICS_ONLY.value, "Only watched"
    LIFTED = "lifted", "Back to normal"


class OrderQuerySet(models.QuerySet["Order"]):
    def newest(self) -> "OrderQuerySet":
        """One for each breaker that ever had any."""
        return self.order_by("breaker", "-id").distinct("breaker")


class Order(models.Model):
    breaker = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=OrderState.choices)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()
    until = models.DateTimeField()

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = "circuit breaker"
        indexes = [models.Index(fields=["breaker", "-id"], name="breakers_order_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=OrderState.values), name="breakers_order_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=OrderState.LIFTED) | Q(until__gt=models.F("at")),
                name="breakers_order_ends_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.breaker}: {self.get_state_display()}"

    def is_in_force(self, now: datetime) -> bool:
        return self.state != OrderState.LIFTED and self.until > now
