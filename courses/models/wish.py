"""Somebody wants to hear of new dates. The address counts once its owner has said yes from a mail to it."""

from __future__ import annotations

from django.db import models

from core.crypto.fields import SealedTextField
from core.ids import secret_token, uuid7
from courses.models.catalog import Course, CourseSession


class DatesWish(models.Model):
    """One address, for one course or for all; deleted when its owner says stop."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token = models.CharField(max_length=32, unique=True, default=secret_token, editable=False)
    course = models.ForeignKey(Course, null=True, on_delete=models.CASCADE, related_name="+")
    email = SealedTextField()
    email_index = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="courses_wish_once", fields=["email_index", "course"], nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["asked_at"], name="courses_wish_asked")]

    def __str__(self) -> str:
        return f"Wish {str(self.pk)[-6:]}"


class DatesWishTold(models.Model):
    """This date was in a mail to this address: never again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    wish = models.ForeignKey(DatesWish, on_delete=models.CASCADE, related_name="told")
    session = models.ForeignKey(CourseSession, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="courses_wish_told_once", fields=["wish", "session"])
        ]

    def __str__(self) -> str:
        return f"{self.session_id} told"
