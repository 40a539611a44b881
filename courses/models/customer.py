"""Who books and pays."""

from __future__ import annotations

from typing import Any

from django.db import models

from core.crypto.fields import SealedTextField
from core.crypto.index import blind_index
from core.ids import uuid7

EMAIL_INDEX = "courses.customer.email"


class Customer(models.Model):
    """Who books and pays, as given for one booking: typing an address proves nothing, so rows are not shared.

    All that one person booked is found by ``email_index``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = SealedTextField()
    email = SealedTextField()
    email_index = models.CharField(max_length=64, editable=False)
    phone = SealedTextField(default="")
    company = SealedTextField(default="")
    address = SealedTextField(default="")
    postcode = SealedTextField(default="")
    created_at = models.DateTimeField(editable=False)

    class Meta:
        indexes = [models.Index(fields=["email_index"], name="courses_customer_email")]

    def __str__(self) -> str:
        return f"Customer {str(self.pk)[-6:]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_index = blind_index(self.email, EMAIL_INDEX)
        super().save(*args, **kwargs)
