"""What cancelling was said to give back, kept when it was carried out as it was said.

Until then it travels with the customer, signed: looking at an amount writes nothing.
"""

from django.db import models
from django.db.models import F, Q

from core.ids import uuid7
from core.money import Money

from .payment import Payment


class CancellationQuote(models.Model):
    """`attendees` are the ids of those who do not come. Its key is in the signature, so one quote is used once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    booking = models.ForeignKey(
        "courses.Booking", on_delete=models.PROTECT, related_name="cancellation_quotes"
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, related_name="cancellation_quotes"
    )
    attendees = models.JSONField()
    price_minor = models.BigIntegerField()
    refund_minor = models.BigIntegerField()
    vat_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="GBP")
    explanation = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(refund_minor__gte=0) & Q(refund_minor__lte=F("price_minor")),
                name="payments_cancellationquote_within_price",
            ),
            models.CheckConstraint(
                condition=Q(refund_minor=0) | Q(payment__isnull=False),
                name="payments_cancellationquote_from_a_payment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.refund} back for {len(self.attendees)}"

    @property
    def refund(self) -> Money:
        return Money(self.refund_minor, self.currency)

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def fee(self) -> Money:
        return self.price - self.refund

    @property
    def vat(self) -> Money:
        return Money(self.vat_minor, self.currency)
