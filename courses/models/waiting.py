"""A wish for places on a full date, served in the order in which people asked."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q

from core.crypto.fields import SealedTextField
from core.ids import secret_token
from courses.models import states
from courses.models.booking import Booking
from courses.models.catalog import CourseSession
from courses.models.stateful import HistoryRow, Stateful
from courses.models.states import WaitingStatus


class WaitingListEntryTransition(HistoryRow):
    entry = models.ForeignKey(
        "courses.WaitingListEntry", on_delete=models.PROTECT, related_name="transitions"
    )


class WaitingListEntry(Stateful):
    """Whoever changes it holds its date's lock. An offer is `booking`: a real hold, which this row's token opens."""

    machine = states.WAITING
    history = WaitingListEntryTransition
    owner = "entry"
    Status = WaitingStatus

    token = models.CharField(max_length=32, unique=True, default=secret_token, editable=False)
    session = models.ForeignKey(CourseSession, on_delete=models.PROTECT, related_name="waiting")
    booking = models.OneToOneField(
        Booking, on_delete=models.PROTECT, null=True, related_name="offered_to"
    )
    name = SealedTextField()
    email = SealedTextField()
    email_index = models.CharField(max_length=64)
    places = models.PositiveSmallIntegerField()
    status = models.CharField(
        max_length=8, choices=WaitingStatus, default=WaitingStatus.WAITING, editable=False
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "waiting list entry"
        verbose_name_plural = "waiting list"
        constraints = [
            models.CheckConstraint(
                name="courses_waiting_status", condition=Q(status__in=WaitingStatus.values)
            ),
            models.CheckConstraint(name="courses_waiting_places", condition=Q(places__gte=1)),
            models.CheckConstraint(
                name="courses_waiting_offer_is_a_hold",
                condition=Q(status__in=[WaitingStatus.WAITING, WaitingStatus.LEFT])
                | Q(booking__isnull=False),
            ),
            models.UniqueConstraint(
                name="courses_waiting_once",
                fields=["session", "email_index"],
                condition=Q(status__in=[WaitingStatus.WAITING, WaitingStatus.OFFERED]),
            ),
        ]
        indexes = [
            models.Index(
                name="courses_waiting_in_order",
                fields=["session", "created_at", "id"],
                include=["places"],
                condition=Q(status=WaitingStatus.WAITING),
            ),
            models.Index(
                name="courses_waiting_offers",
                fields=["booking"],
                condition=Q(status=WaitingStatus.OFFERED),
            ),
            models.Index(name="courses_waiting_newest", fields=["-created_at", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.places} on {self.session}"

    # Transitions. Each leaves a row of history and refuses what its table does not list.

    def offer(self, booking: Booking, *, now: dt.datetime, **by: Any) -> None:
        self._step("offer", now=now, booking=booking, **by)

    def take(self, *, now: dt.datetime, **by: Any) -> None:
        self._step("take", now=now, **by)

    def lapse(self, *, now: dt.datetime, **by: Any) -> None:
        self._step("lapse", now=now, **by)

    def leave(self, *, now: dt.datetime, **by: Any) -> None:
        self._step("leave", now=now, **by)
