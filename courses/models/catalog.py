"""The catalogue: courses, venues, and dated sessions with their days."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from core.ids import uuid7
from core.money import Money
from courses.models import states
from courses.models.querysets import SessionQuerySet
from courses.models.states import SessionState


def district(postcode: str) -> str:
    """The first half of a postcode: enough to find the place, as lists show it."""
    return postcode.split(" ", maxsplit=1)[0]


class CancellationPolicy(models.Model):
    """Tiers of what is given back: at least ``days_before`` whole days ahead, ``refund_bp`` of the price.

    A booking keeps its own copy, so a change here touches only bookings made after it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60, unique=True)
    tiers = models.JSONField(help_text='[{"days_before": 15, "refund_bp": 10000}, …]')
    consumer_right_days = models.PositiveSmallIntegerField(
        default=14, help_text="Days in which a consumer may change their mind; 0 for none."
    )

    class Meta:
        verbose_name_plural = "cancellation policies"

    def __str__(self) -> str:
        return self.name

    def snapshot(self) -> dict:
        return {
            "name": self.name,
            "tiers": self.tiers,
            "consumer_right_days": self.consumer_right_days,
        }


class Course(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=100)
    summary = models.CharField(max_length=300)
    audience = models.CharField(max_length=300, help_text="Who it is for, in a sentence.")
    guidance = models.TextField(help_text="Does this meet the law?")
    outcomes = models.JSONField(default=list, help_text="What you'll be able to do.")
    programme = models.JSONField(default=list, help_text="[{day, time, title, text}]")
    bring = models.JSONField(default=list, help_text="What to bring.")
    questions = models.JSONField(default=list, help_text="[{question, answer}]")
    hours = models.PositiveSmallIntegerField(help_text="Contact hours, breaks left out.")
    days = models.PositiveSmallIntegerField(default=1)
    validity_months = models.PositiveSmallIntegerField(default=36)
    class_size = models.PositiveSmallIntegerField(default=12)
    price_minor = models.BigIntegerField(help_text="For one place, VAT included, in pence.")
    vat_rate_bp = models.PositiveIntegerField(
        default=2000, validators=[MaxValueValidator(10_000)], help_text="2000 is 20 %."
    )
    requires_certificate = models.BooleanField(
        default=False, help_text="A requalification: only with a certificate still in force."
    )
    cancellation_policy = models.ForeignKey(
        CancellationPolicy, on_delete=models.PROTECT, related_name="courses"
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_on_sale = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="courses_course_price_not_negative", condition=Q(price_minor__gte=0)
            ),
            models.CheckConstraint(
                name="courses_course_vat_rate", condition=Q(vat_rate_bp__lte=10_000)
            ),
            models.CheckConstraint(
                name="courses_course_length", condition=Q(days__gte=1, hours__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def price(self) -> Money:
        return Money(self.price_minor)

    @property
    def vat_percent(self) -> Decimal:
        return Decimal(self.vat_rate_bp) / 100


class Venue(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    town = models.CharField(max_length=60)
    address = models.CharField(max_length=200)
    postcode = models.CharField(max_length=8)
    latitude = models.DecimalField(max_digits=8, decimal_places=5)
    longitude = models.DecimalField(max_digits=8, decimal_places=5)
    time_zone = models.CharField(max_length=40, default="Europe/London")
    parking = models.CharField(max_length=200, blank=True)
    access = models.CharField(max_length=300, blank=True)
    travel = models.CharField(max_length=300, blank=True)
    step_free = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["town"], name="courses_venue_town")]

    def __str__(self) -> str:
        return f"{self.name}, {self.town}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def district(self) -> str:
        return district(self.postcode)


class CourseSession(models.Model):
    """One dated run of a course. Its row is the lock under which its places are counted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sessions")
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="sessions")
    capacity = models.PositiveSmallIntegerField()
    minimum = models.PositiveSmallIntegerField(default=0)
    trainer = models.CharField(max_length=80, blank=True)
    state = models.CharField(
        max_length=10, choices=SessionState, default=SessionState.SCHEDULED, editable=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    # Only on rows that were read with_places, with_places_sold and with_days.
    places_taken: int
    places_sold: int
    places_left: int
    day_list: list[dict[str, str]]

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = "session"
        constraints = [
            models.CheckConstraint(
                name="courses_session_state", condition=Q(state__in=SessionState.values)
            ),
            models.CheckConstraint(
                name="courses_session_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="courses_session_minimum", condition=Q(minimum__lte=F("capacity"))
            ),
            # Two runs of one course in one room at one moment are one run entered twice.
            models.UniqueConstraint(
                name="courses_session_once", fields=["course", "venue", "starts_at"]
            ),
        ]
        indexes = [
            models.Index(
                name="courses_session_upcoming",
                fields=["starts_at", "id"],
                condition=Q(state=SessionState.SCHEDULED),
            ),
            models.Index(name="courses_session_by_course", fields=["course", "starts_at", "id"]),
            models.Index(name="courses_session_by_venue", fields=["venue", "starts_at", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.course}, {self.starts_at:%d %b %Y}, {self.venue.town}"

    def cancel(self) -> None:
        self._move("cancel")

    def complete(self) -> None:
        self._move("complete")

    def is_open(self, now: dt.datetime) -> bool:
        return (
            self.state == SessionState.SCHEDULED and self.course.is_on_sale and self.starts_at > now
        )

    @property
    def starts_on(self) -> dt.date:
        return self.starts_at.astimezone(self.venue.zone).date()

    def _move(self, action: str) -> None:
        self.state = states.after(states.SESSION, self.state, action)
        self.save(update_fields=["state"])


class SessionDay(models.Model):
    """One day of a session, in the venue's own time."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(CourseSession, on_delete=models.CASCADE, related_name="days")
    date = models.DateField()
    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="courses_day_once", fields=["session", "date"]),
            models.CheckConstraint(
                name="courses_day_ends_after_start", condition=Q(end__gt=F("start"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%a %d %b %Y}"
