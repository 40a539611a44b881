"""A change of a confirmed booking to another date of its course: all its places, or none.

The booking keeps its places on the old date until the move is done; an open move's count on the new one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F, Q

from core.money import Money
from courses.models import states
from courses.models.booking import Booking
from courses.models.catalog import CourseSession
from courses.models.stateful import HistoryRow, Stateful
from courses.models.states import MOVE_TAKES_PLACES, MoveStatus


class MoveTransition(HistoryRow):
    move = models.ForeignKey("courses.Move", on_delete=models.PROTECT, related_name="transitions")


class Move(Stateful):
    """Whoever changes it holds its booking's lock.

    `difference_minor` is what the new date costs more, in pence; below 0 it goes back. `shares` says how much of it
    falls to each attendee's place.
    """

    machine = states.MOVE
    history = MoveTransition
    owner = "move"
    Status = MoveStatus

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="moves")
    from_session = models.ForeignKey(
        CourseSession, on_delete=models.PROTECT, related_name="moves_away"
    )
    to_session = models.ForeignKey(
        CourseSession, on_delete=models.PROTECT, related_name="moves_here"
    )
    status = models.CharField(
        max_length=12, choices=MoveStatus, default=MoveStatus.OPEN, editable=False
    )
    places = models.PositiveSmallIntegerField()
    difference_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="GBP")
    shares = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="courses_move_status", condition=Q(status__in=MoveStatus.values)
            ),
            models.CheckConstraint(name="courses_move_places", condition=Q(places__gte=1)),
            models.CheckConstraint(name="courses_move_currency", condition=Q(currency="GBP")),
            models.CheckConstraint(
                name="courses_move_to_another", condition=~Q(from_session=F("to_session"))
            ),
            models.CheckConstraint(
                name="courses_move_done_at",
                condition=Q(status=MoveStatus.DONE, done_at__isnull=False)
                | (~Q(status=MoveStatus.DONE) & Q(done_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="courses_move_paid_only_when_dearer",
                condition=~Q(status__in=[MoveStatus.PAYING, MoveStatus.UNDER_REVIEW])
                | Q(difference_minor__gt=0),
            ),
            models.UniqueConstraint(
                name="courses_move_one_at_a_time",
                fields=["booking"],
                condition=Q(status__in=MOVE_TAKES_PLACES),
            ),
        ]
        indexes = [
            models.Index(
                name="courses_move_places_taken",
                fields=["to_session"],
                include=["places"],
                condition=Q(status__in=MOVE_TAKES_PLACES),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking}: {self.get_status_display().lower()}"

    # Transitions. Each leaves a row of history and refuses what its table does not list.

    def complete(self, *, now: dt.datetime, **by: Any) -> None:
        self._step("complete", now=now, done_at=now, **by)

    def cancel(self, *, now: dt.datetime, **by: Any) -> None:
        self._step("cancel", now=now, **by)

    def expire(self, *, now: dt.datetime, **by: Any) -> None:
        self._step("expire", now=now, **by)

    def begin_payment(self, *, now: dt.datetime, **by: Any) -> None:
        self._step("begin_payment", now=now, **by)

    def fail_payment(self, expires_at: dt.datetime, *, now: dt.datetime, **by: Any) -> None:
        self._step("fail_payment", now=now, expires_at=expires_at, **by)

    def review(self, *, now: dt.datetime, **by: Any) -> None:
        self._step("review", now=now, **by)

    # Questions.

    @property
    def difference(self) -> Money:
        return Money(self.difference_minor, self.currency)
