"""A customer's way to their bookings without a password: a link and a code by mail, then twelve hours."""

from __future__ import annotations

from django.db import models

from core.ids import uuid7


class SignIn(models.Model):
    """One asking, whoever asked for whichever address. Only digests are kept: reading the table opens nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email_index = models.CharField(max_length=64)
    link_digest = models.CharField(max_length=64, unique=True)
    code_digest = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    visit_digest = models.CharField(max_length=64, unique=True, null=True)
    visit_ends_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["email_index", "asked_at"], name="courses_signin_of_address")
        ]

    def __str__(self) -> str:
        return f"Sign-in {str(self.pk)[-6:]}"
