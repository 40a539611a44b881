"""Somebody asks for training at their workplace; the office answers."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q

from core.crypto.fields import SealedTextField
from core.ids import uuid7


class WorkplaceEnquiry(models.Model):
    """What was typed, sealed; `digest` knows the same words from the same address again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = SealedTextField()
    email = SealedTextField()
    phone = SealedTextField(default="")
    company = SealedTextField(default="")
    message = SealedTextField(default="")
    people = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, editable=False)
    asked_at = models.DateTimeField("asked", editable=False)
    answered_at = models.DateTimeField("answered", null=True, editable=False)
    answered_by = models.CharField(max_length=80, default="", editable=False)

    class Meta:
        verbose_name = "workplace enquiry"
        verbose_name_plural = "workplace enquiries"
        constraints = [
            models.CheckConstraint(name="courses_enquiry_people", condition=Q(people__gte=1)),
            models.CheckConstraint(
                name="courses_enquiry_answered_by",
                condition=Q(answered_at__isnull=True, answered_by="")
                | (Q(answered_at__isnull=False) & ~Q(answered_by="")),
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], name="courses_enquiry_asked"),
            models.Index(fields=["digest", "asked_at"], name="courses_enquiry_digest"),
        ]

    def __str__(self) -> str:
        return f"Enquiry {str(self.pk)[-6:]}"

    def answer(self, *, actor: str, now: dt.datetime) -> bool:
        """False where somebody has answered it already."""
        open_row = WorkplaceEnquiry.objects.filter(pk=self.pk, answered_at__isnull=True)
        if not open_row.update(answered_at=now, answered_by=actor):
            return False
        self.answered_at, self.answered_by = now, actor
        return True
