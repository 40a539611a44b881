"""The gateway's own account of our money: a mirror of its balance transactions and payouts."""

from django.db import models

from core.money import Money


class BalanceTransaction(models.Model):
    """One movement of our balance at Stripe. `kind` is Stripe's reporting category, `source` the charge, refund,
    dispute or payout that caused it. What it says never changes, but whether it has been paid out does."""

    id = models.CharField(max_length=255, primary_key=True)
    kind = models.CharField(max_length=40)
    source = models.CharField(max_length=255, db_index=True)
    amount_minor = models.BigIntegerField("amount")
    fee_minor = models.BigIntegerField("fee")
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(db_index=True)
    available_at = models.DateTimeField()
    payout = models.CharField(max_length=255, blank=True, db_index=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"

    @property
    def net(self) -> Money:
        return Money(self.amount_minor - self.fee_minor, self.currency)


class Payout(models.Model):
    id = models.CharField(max_length=255, primary_key=True)
    amount_minor = models.BigIntegerField("amount")
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20)
    created_at = models.DateTimeField()
    arrives_on = models.DateField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-created_at"], name="payments_payout_newest")]

    def __str__(self) -> str:
        return f"{self.amount} {self.status}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
