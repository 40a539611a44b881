"""A date that we called off: one job, and a row for each of its bookings until that is settled."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from .stateful import HistoryRow, Stateful
from .states import CALLED_OFF, CalledOffStatus

SYSTEM = "system"


class CallOffReason(models.TextChoices):
    TOO_FEW = "too_few", "Too few people booked"
    TRAINER = "trainer", "The trainer can’t come"
    VENUE = "venue", "The room can’t be used"
    WEATHER = "weather", "Weather or travel"
    OTHER = "other", "Something else"


class SessionCancellation(models.Model):
    """Who called the date off and why. Where it stands is told by its rows."""

    session = models.OneToOneField(
        "courses.CourseSession", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=20, choices=CallOffReason)
    note = models.CharField(max_length=500, blank=True)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()

    class Meta:
        verbose_name = "cancelled date"
        constraints = [
            models.CheckConstraint(
                name="payments_sessioncancellation_reason",
                condition=Q(reason__in=CallOffReason.values),
            )
        ]

    def __str__(self) -> str:
        return str(self.session)


class CalledOffBookingTransition(HistoryRow):
    called_off = models.ForeignKey(
        "payments.CalledOffBooking", on_delete=models.PROTECT, related_name="transitions"
    )


class CalledOffBooking(Stateful):
    """`due_at`: when it is looked at next; of one whose customer chooses, when the money goes back by itself."""

    machine = CALLED_OFF
    history = CalledOffBookingTransition
    history_column = "called_off_id"

    job = models.ForeignKey(SessionCancellation, on_delete=models.PROTECT, related_name="bookings")
    # Whoever moved away from one called-off date can meet another.
    booking = models.ForeignKey(
        "courses.Booking", on_delete=models.PROTECT, related_name="called_off", db_index=False
    )
    due_at = models.DateTimeField()
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="payments_calledoffbooking_once", fields=["booking", "job"]
            ),
            models.CheckConstraint(
                name="payments_calledoffbooking_status",
                condition=Q(status__in=CalledOffStatus.values),
            ),
        ]
        indexes = [
            models.Index(
                name="payments_calledoffbooking_due",
                fields=["due_at"],
                condition=Q(status__in=[CalledOffStatus.WAITING, CalledOffStatus.CHOOSING]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.booking}: {self.get_status_display().lower()}"

    def get_status_display(self) -> str:
        return CalledOffStatus(self.status).label

    @classmethod
    def begin(cls, *, job: SessionCancellation, booking_id: Any, now: datetime) -> None:
        row = cls(job=job, booking_id=booking_id, due_at=now, status=CalledOffStatus.WAITING)
        row._begin(actor=job.asked_by, cause=job.reason, now=now)

    def end(self, *, cause: str, now: datetime) -> None:
        self._move("end", actor=SYSTEM, cause=cause, now=now)

    def ask(self, *, choose_by: datetime, now: datetime) -> None:
        self._move("ask", actor=SYSTEM, cause="confirmed", now=now, due_at=choose_by)

    def move(self, *, actor: str, now: datetime) -> None:
        self._move("move", actor=actor, cause="another date", now=now)

    def refund(self, *, actor: str, now: datetime) -> None:
        self._move("refund", actor=actor, cause="the money", now=now, problem="")
