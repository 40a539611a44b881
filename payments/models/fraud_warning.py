"""An early fraud warning: the card's bank calls a payment fraud, mostly before anybody disputes it."""

from datetime import datetime

from django.db import models
from django.db.models import F

from core.ids import uuid7

from .payment import Payment


class FraudWarningQuerySet(models.QuerySet["FraudWarning"]):
    def waiting(self) -> "FraudWarningQuerySet":
        """For a person: giving the money back now would spare us a dispute."""
        left = (
            F("payment__captured_minor")
            - F("payment__refunded_minor")
            - F("payment__disputed_away_minor")
        )
        rows = self.filter(actionable=True, left_at=None).annotate(refundable_minor=left)
        return rows.filter(refundable_minor__gt=0)


class FraudWarning(models.Model):
    """A mirror of the gateway's object. Only `actionable` changes: false once disputed or given back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="fraud_warnings")
    gateway_id = models.CharField("Stripe warning", max_length=255, unique=True)
    fraud_type = models.CharField(max_length=64, blank=True)
    actionable = models.BooleanField()
    warned_at = models.DateTimeField()
    heard_at = models.DateTimeField()
    # A person looked at it and gives nothing back for it.
    left_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    left_at = models.DateTimeField(null=True)

    objects = FraudWarningQuerySet.as_manager()

    class Meta:
        verbose_name = "early fraud warning"

    def __str__(self) -> str:
        return f"Called fraud by the card's bank: {self.words}"

    @property
    def words(self) -> str:
        """The bank's own reason, as a reader takes it."""
        return self.fraud_type.replace("_", " ") or "no reason given"

    def mirror(self, *, actionable: bool) -> None:
        """Once it is settled, it stays so, in whatever order the messages come."""
        if self.actionable and not actionable:
            self.actionable = False
            self.save(update_fields=["actionable"])

    @classmethod
    def hear(
        cls, *, payment: Payment, gateway_id: str, fraud_type: str, actionable: bool,
        warned_at: datetime, now: datetime,
    ) -> "tuple[FraudWarning, bool]":  # fmt: skip
        """The row, and whether this is the first that was heard of it."""
        return cls.objects.get_or_create(
            gateway_id=gateway_id,
            defaults={
                "payment": payment, "fraud_type": fraud_type, "actionable": actionable,
                "warned_at": warned_at, "heard_at": now,
            },
        )  # fmt: skip
