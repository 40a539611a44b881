"""A booking: places on one session for one customer, its attendees, and how it came to its state."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from core.crypto import names
from core.crypto.fields import SealedTextField
from core.ids import reference, secret_token, uuid7
from core.money import Money
from core.tracing.propagation import trace_id
from courses.models import states, steps
from courses.models.catalog import CourseSession, SessionDay
from courses.models.customer import NAMES, Customer, NamedQuerySet
from courses.models.querysets import BookingQuerySet
from courses.models.states import (
    TAKES_PLACES,
    BookingStatus,
    DayMark,
    MovedMeanwhile,
    PlaceState,
    Result,
)


def browser_digest(browser: str) -> str:
    """What is kept of the browser's cookie: enough to know it again, useless to whoever reads it."""
    return hashlib.sha256(browser.encode()).hexdigest()


class Booking(models.Model):
    """Places on one session. Price and policy are its own copies: what was shown is what counts."""

    Status = BookingStatus

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(max_length=10, unique=True, default=reference, editable=False)
    token = models.CharField(max_length=32, unique=True, default=secret_token, editable=False)
    session = models.ForeignKey(CourseSession, on_delete=models.PROTECT, related_name="bookings")
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, related_name="bookings"
    )
    status = models.CharField(
        max_length=12, choices=BookingStatus, default=BookingStatus.HELD, editable=False
    )
    places = models.PositiveSmallIntegerField()
    lines = models.JSONField()
    total_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="GBP")
    policy = models.JSONField()
    hold_expires_at = models.DateTimeField(null=True)
    extensions = models.PositiveSmallIntegerField(default=0)
    renewals = models.PositiveSmallIntegerField(default=0)
    moved = models.PositiveSmallIntegerField(default=0, db_default=0)
    browser = models.CharField(max_length=64, editable=False)
    early_start_consent = models.BooleanField(default=False)
    purchase_order = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(editable=False)
    details_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="courses_booking_status", condition=Q(status__in=BookingStatus.values)
            ),
            models.CheckConstraint(name="courses_booking_places", condition=Q(places__gte=1)),
            models.CheckConstraint(name="courses_booking_total", condition=Q(total_minor__gte=0)),
            models.CheckConstraint(name="courses_booking_currency", condition=Q(currency="GBP")),
            models.CheckConstraint(
                name="courses_booking_hold_ends",
                condition=~Q(status=BookingStatus.HELD) | Q(hold_expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="courses_booking_has_customer",
                condition=Q(customer__isnull=False)
                | Q(
                    status__in=(
                        BookingStatus.HELD,
                        BookingStatus.EXPIRED,
                        BookingStatus.CANCELLED,
                    )
                ),
            ),
            models.CheckConstraint(
                name="courses_booking_confirmed_at",
                condition=~Q(status=BookingStatus.CONFIRMED) | Q(confirmed_at__isnull=False),
            ),
        ]
        indexes = [
            # Counts a session's places without touching the table.
            models.Index(
                name="courses_booking_places_taken",
                fields=["session"],
                include=["status", "places", "hold_expires_at"],
                condition=Q(status__in=TAKES_PLACES),
            ),
            models.Index(
                name="courses_booking_holds_end",
                fields=["hold_expires_at"],
                condition=Q(status=BookingStatus.HELD),
            ),
            models.Index(
                name="courses_booking_browser",
                fields=["browser"],
                condition=Q(status=BookingStatus.HELD),
            ),
            models.Index(name="courses_booking_worklist", fields=["status", "-created_at", "-id"]),
            models.Index(name="courses_booking_newest", fields=["-created_at", "-id"]),
        ]

    def __str__(self) -> str:
        return self.reference

    # Transitions. Each leaves a row of history and refuses what its table does not list.

    def begin_payment(self, **by: Any) -> None:
        self._move("begin_payment", **by)

    def extend(self, hold_expires_at: dt.datetime, **by: Any) -> None:
        self._move("extend", hold_expires_at=hold_expires_at, extensions=self.extensions + 1, **by)

    def renew(self, hold_expires_at: dt.datetime, **by: Any) -> None:
        self._move("renew", hold_expires_at=hold_expires_at, renewals=self.renewals + 1, **by)

    def fail_payment(self, hold_expires_at: dt.datetime, **by: Any) -> None:
        self._move("fail_payment", hold_expires_at=hold_expires_at, **by)

    def expire_payment(self, **by: Any) -> None:
        self._move("expire_payment", **by)

    def expire(self, **by: Any) -> None:
        self._move("expire", **by)

    def review(self, **by: Any) -> None:
        self._move("review", **by)

    def confirm(self, *, now: dt.datetime, **by: Any) -> None:
        self._move("confirm", now=now, confirmed_at=now, **by)

    def release(self, **by: Any) -> None:
        self._move("release", **by)

    def cancel(self, **by: Any) -> None:
        self._move("cancel", **by)

    def cancel_places(self, places: int, **by: Any) -> None:
        self._move("cancel_places", places=places, **by)

    def move(self, session: CourseSession, **by: Any) -> None:
        """To another date, its places and people kept."""
        self._move("move", session_id=session.pk, moved=self.moved + 1, **by)
        self.session = session

    @staticmethod
    def confirm_paid(*, booking_id: UUID | str, now: dt.datetime) -> Booking | None:
        """paying -> confirmed in one statement, unread before; None from any other state, or when it is busy."""
        paying = BookingStatus.PAYING
        way = (paying, states.after(states.BOOKING, paying, "confirm"))
        return steps.confirm(BookingTransition.told(UUID(str(booking_id)), "confirm", way, now=now))

    # Questions.

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    def is_live_hold(self, now: dt.datetime) -> bool:
        return (
            self.status == BookingStatus.HELD
            and self.hold_expires_at is not None
            and self.hold_expires_at > now
        )

    def is_booked_by(self, browser: str) -> bool:
        """Whether this is the browser that booked; the link alone only shows."""
        return bool(browser) and secrets.compare_digest(self.browser, browser_digest(browser))

    def _move(
        self,
        action: str,
        *,
        now: dt.datetime,
        cause: str = "",
        actor: str = "system",
        **changes: Any,
    ) -> None:
        """Sets the state that the table gives, with history; raises MovedMeanwhile when another hand was
        first, which the row's lock rules out."""
        before = self.status
        changes["status"] = states.after(states.BOOKING, before, action)
        history = BookingTransition.told(
            self.pk, action, (before, changes["status"]), now=now, cause=cause, actor=actor
        )
        if not steps.move(self, history, changes):
            raise MovedMeanwhile(state=str(before), action=action)
        for name, value in changes.items():
            setattr(self, name, value)

    def history_of(
        self,
        action: str,
        *,
        came_from: str,
        now: dt.datetime,
        cause: str = "",
        actor: str = "system",
    ) -> BookingTransition:
        """The row, not yet saved, that tells how the booking came to its present state."""
        way = (came_from, self.status)
        return BookingTransition.told(self.pk, action, way, now=now, cause=cause, actor=actor)


class Attendee(models.Model):
    """The person in one place. There is one for each place from the hold on; names may come later."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="attendees")
    position = models.PositiveSmallIntegerField()
    name = SealedTextField(default="")
    email = SealedTextField(default="")
    access_needs = SealedTextField(default="")
    state = models.CharField(
        max_length=9, choices=PlaceState, default=PlaceState.ACTIVE, editable=False
    )
    result = models.CharField(
        max_length=7,
        choices=Result,
        default=Result.OPEN,
        db_default=Result.OPEN,
        editable=False,
    )
    name_keys = ArrayField(models.IntegerField(), default=list, db_default=[], editable=False)
    needs_erased_at = models.DateTimeField(null=True, editable=False)

    objects = NamedQuerySet.as_manager()

    class Meta:
        indexes = [GinIndex(fields=["name_keys"], name="courses_attendee_names")]
        constraints = [
            models.CheckConstraint(
                name="courses_attendee_state", condition=Q(state__in=PlaceState.values)
            ),
            models.UniqueConstraint(
                name="courses_attendee_position", fields=["booking", "position"]
            ),
        ]

    def __str__(self) -> str:
        return f"Attendee {self.position}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if update_fields is None or "name" in update_fields:
            self.name_keys = names.keys_of(self.name, purpose=NAMES)
            update_fields = update_fields and {*update_fields, "name_keys"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def cancel(self) -> None:
        self.state = states.after(states.PLACE, self.state, "cancel")
        self.save(update_fields=["state"])

    @property
    def is_active(self) -> bool:
        return self.state == PlaceState.ACTIVE


class Attendance(models.Model):
    """Whether somebody came on one day of their course; nobody has said anything where there is no row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The unique constraint's index begins with it.
    attendee = models.ForeignKey(
        Attendee, on_delete=models.CASCADE, related_name="attendance", db_index=False
    )
    day = models.ForeignKey(SessionDay, on_delete=models.PROTECT, related_name="attendance")
    mark = models.CharField(max_length=10, choices=DayMark)
    marked_at = models.DateTimeField()
    marked_by = models.CharField(max_length=80)

    class Meta:
        verbose_name_plural = "attendance"
        constraints = [
            models.CheckConstraint(
                name="courses_attendance_mark", condition=Q(mark__in=DayMark.values)
            ),
            models.UniqueConstraint(name="courses_attendance_once", fields=["attendee", "day"]),
        ]

    def __str__(self) -> str:
        return self.get_mark_display()


class BookingTransition(models.Model):
    """One step in a booking's history: written once, never changed.

    PROBE is the cause when a synthetic booking gives its place back: such a one is in no figure about customers.
    """

    PROBE = "probe"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="transitions")
    action = models.CharField(max_length=20)
    came_from = models.CharField(max_length=12, blank=True)
    went_to = models.CharField(max_length=12)
    cause = models.CharField(max_length=100, blank=True)
    actor = models.CharField(max_length=80, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "booking history"
        verbose_name_plural = "booking history"

    def __str__(self) -> str:
        return f"{self.came_from or 'new'} → {self.went_to}"

    @classmethod
    def told(
        cls,
        booking_id: UUID,
        action: str,
        way: tuple[str, str],
        *,
        now: dt.datetime,
        cause: str = "",
        actor: str = "system",
    ) -> BookingTransition:
        """The step from and to these states, not yet saved."""
        came_from, went_to = way
        return cls(
            booking_id=booking_id,
            action=action,
            came_from=came_from,
            went_to=went_to,
            cause=cause[:100],
            actor=actor,
            at=now,
            trace_id=trace_id(),
        )
