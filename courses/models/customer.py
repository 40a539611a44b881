"""Who books and pays."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, Q, When

from core.crypto import names
from core.crypto.fields import SealedTextField
from core.crypto.index import blind_index
from core.ids import uuid7

EMAIL_INDEX = "courses.customer.email"
NAMES = "courses.names"


class NamedQuerySet(models.QuerySet):
    def named(self, text: str) -> NamedQuerySet:
        """Whose words include each that was typed, give or take a letter; nobody where no word was typed."""
        groups = names.wanted(text, purpose=NAMES)
        found = self if groups else self.none()
        for keys in groups:
            found = found.filter(name_keys__overlap=keys)
        return found

    def spelt_so(self, text: str) -> NamedQuerySet:
        return self.filter(name_keys__contains=names.exact(text, purpose=NAMES))

    def spelt_first(self, text: str) -> NamedQuerySet:
        """Those who are spelt as it was typed, then the newest."""
        is_spelt_so = Q(name_keys__contains=names.exact(text, purpose=NAMES))
        return self.order_by(Case(When(is_spelt_so, then=0), default=1), "-pk")


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
    name_keys = ArrayField(models.IntegerField(), default=list, db_default=[], editable=False)

    objects = NamedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["email_index"], name="courses_customer_email"),
            models.Index(fields=["-created_at", "-id"], name="courses_customer_newest"),
            GinIndex(fields=["name_keys"], name="courses_customer_names"),
        ]

    def __str__(self) -> str:
        return f"Customer {str(self.pk)[-6:]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_index = blind_index(self.email, EMAIL_INDEX)
        self.name_keys = names.keys_of(self.name, self.company, purpose=NAMES)
        super().save(*args, **kwargs)
