"""Money at the gateway that our books know no place for: found once, decided by a person, on record."""

from typing import Any

from django.db import models
from django.db.models import Q

from core.crypto.fields import SealedTextField
from core.ids import uuid7
from core.money import Money

from .payment import Payment
from .stateful import MovedMeanwhile


class StrayKind(models.TextChoices):
    PAYMENT = "payment", "Paid after it had ended here"
    REFUND = "refund", "Given back a second time"


class StrayStatus(models.TextChoices):
    OPEN = "open", "Needs a decision"
    GIVING_BACK = "giving_back", "Going back"
    GIVEN_BACK = "given_back", "Given back"
    MATCHED = "matched", "Matched by hand"


class StrayMoney(models.Model):
    """`gateway_id` is the payment or the refund there; one row for each."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="stray_money")
    kind = models.CharField(max_length=10, choices=StrayKind)
    gateway_id = models.CharField("Stripe's id", max_length=255, unique=True)
    amount_minor = models.BigIntegerField("amount")
    currency = models.CharField(max_length=3, default="GBP")
    status = models.CharField(max_length=12, choices=StrayStatus, default=StrayStatus.OPEN)
    found_at = models.DateTimeField("found")
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField("decided", null=True)
    note = SealedTextField(blank=True, default="")

    class Meta:
        verbose_name = "money without a place"
        verbose_name_plural = "money without a place"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=StrayStatus.values), name="payments_straymoney_status"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=StrayKind.values), name="payments_straymoney_kind"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="payments_straymoney_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(status=StrayStatus.OPEN)
                | (~Q(decided_by="") & Q(decided_at__isnull=False)),
                name="payments_straymoney_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(kind=StrayKind.REFUND)
                | Q(status__in=[StrayStatus.OPEN, StrayStatus.MATCHED]),
                name="payments_straymoney_only_payments_go_back",
            ),
        ]
        indexes = [
            models.Index(
                fields=["found_at"],
                condition=Q(status="open"),
                name="payments_straymoney_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_status_display().lower()}"

    def move(self, to: str, *, from_: str, **changes: Any) -> None:
        """One conditional statement; raises MovedMeanwhile when it is not in that state any more."""
        changes["status"] = to
        for name, value in changes.items():
            setattr(self, name, value)
        rows = StrayMoney.objects.filter(pk=self.pk, status=from_)
        if not rows.update(**changes):
            raise MovedMeanwhile(state=from_, action=to)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_open(self) -> bool:
        return self.status == StrayStatus.OPEN
