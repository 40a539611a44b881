"""What has been mailed because a date drew near or went by, and how attendees found their course."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q

from core.ids import uuid7
from courses.models.booking import Attendee, Booking
from courses.models.catalog import CourseSession

SCORE_MAX = 5


class NoticeKind(models.TextChoices):
    NAMES = "names", "Names to come"
    REMINDER = "reminder", "Reminder"
    AFTERWARDS = "afterwards", "After the course"


class Notice(models.Model):
    """One booking was told of one date: never again, unless it is moved to another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="notices")
    session = models.ForeignKey(CourseSession, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=NoticeKind)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="courses_notice_once", fields=["booking", "session", "kind"]
            ),
            models.CheckConstraint(
                name="courses_notice_kind", condition=Q(kind__in=NoticeKind.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.at:%d %b %Y}"


class Rating(models.Model):
    """One attendee's mark for one course, 1 to 5. Only the digest of the mailed link is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    attendee = models.OneToOneField(Attendee, on_delete=models.CASCADE, related_name="rating")
    session = models.ForeignKey(CourseSession, on_delete=models.PROTECT, related_name="ratings")
    link_digest = models.CharField(max_length=64, unique=True)
    score = models.PositiveSmallIntegerField(null=True)
    rated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="courses_rating_score",
                condition=Q(score__isnull=True, rated_at__isnull=True)
                | Q(score__gte=1, score__lte=SCORE_MAX, rated_at__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["rated_at"], name="courses_rating_rated")]

    def __str__(self) -> str:
        return f"{self.score or 'no'} of {SCORE_MAX}"

    def give(self, score: int, *, now: dt.datetime) -> None:
        self.score, self.rated_at = score, now
        self.save(update_fields=["score", "rated_at"])
