"""Questions that the catalogue's and the bookings' rows answer, as queryset methods."""

from __future__ import annotations

import datetime as dt
import re

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, JSONObject

from courses.models import states
from courses.models.states import MOVE_TAKES_PLACES, TAKES_PLACES, BookingStatus, SessionState

TOKEN = re.compile(r"[A-Za-z0-9_-]{32}\Z")


def takes_places(now: dt.datetime) -> Q:
    """The bookings whose places are taken at this moment: a hold only while it lives."""
    return Q(status__in=TAKES_PLACES) & (~Q(status=BookingStatus.HELD) | Q(hold_expires_at__gt=now))


def _taken(now: dt.datetime) -> CombinedExpression:
    """How many places of the session that is asked about are taken, by bookings and by moves to it."""
    moving = (
        apps.get_model("courses.Move")
        .objects.filter(status__in=MOVE_TAKES_PLACES, to_session=OuterRef("pk"))
        .order_by()
        .values("to_session")
        .annotate(taken=Sum("places"))
        .values("taken")
    )
    return _places_where(takes_places(now)) + Coalesce(Subquery(moving), 0)


def _places_where(wanted: Q) -> Coalesce:
    taken = (
        apps.get_model("courses.Booking")
        .objects.filter(wanted, session=OuterRef("pk"))
        .order_by()
        .values("session")
        .annotate(taken=Sum("places"))
        .values("taken")
    )
    return Coalesce(Subquery(taken), 0)


class SessionQuerySet(models.QuerySet):
    def on_sale(self, now: dt.datetime) -> SessionQuerySet:
        return self.filter(state=SessionState.SCHEDULED, starts_at__gt=now, course__is_on_sale=True)

    def with_places(self, now: dt.datetime) -> SessionQuerySet:
        """Adds places_taken and places_left, counted from rows."""
        return self.annotate(places_taken=_taken(now)).annotate(
            places_left=F("capacity") - F("places_taken")
        )

    def with_places_sold(self) -> SessionQuerySet:
        """Adds places_sold, those of confirmed bookings alone."""
        return self.annotate(places_sold=_places_where(Q(status=BookingStatus.CONFIRMED)))

    def with_places_in_review(self) -> SessionQuerySet:
        """Adds places_in_review, those that wait for somebody's decision."""
        return self.annotate(places_in_review=_places_where(Q(status=BookingStatus.UNDER_REVIEW)))

    def under_minimum(self) -> SessionQuerySet:
        """Scheduled dates that sold fewer places than they need; asked after with_places_sold."""
        return self.filter(state=SessionState.SCHEDULED, places_sold__lt=F("minimum"))

    def with_places_left(self, now: dt.datetime) -> SessionQuerySet:
        """Adds places_left alone, counted once; `with_places` has the database count for each of its two."""
        return self.annotate(places_left=F("capacity") - _taken(now))

    def with_days(self) -> SessionQuerySet:
        """Adds day_list, [{date, start, end}] in order, in the same query."""
        days = (
            apps.get_model("courses.SessionDay")
            .objects.filter(session=OuterRef("pk"))
            .order_by("date")
            .values(day=JSONObject(date="date", start="start", end="end"))
        )
        return self.annotate(day_list=ArraySubquery(days))


class BookingQuerySet(models.QuerySet):
    def with_token(self, token: str) -> BookingQuerySet:
        """What is not in a token's form is in no row, and is never put to the database."""
        return self.filter(token=token) if TOKEN.match(token) else self.none()

    def taking_places(self, now: dt.datetime) -> BookingQuerySet:
        return self.filter(takes_places(now))

    def live_holds(self, now: dt.datetime) -> BookingQuerySet:
        return self.filter(status=BookingStatus.HELD, hold_expires_at__gt=now)

    def dead_holds(self, now: dt.datetime) -> BookingQuerySet:
        return self.filter(status=BookingStatus.HELD, hold_expires_at__lte=now)

    def expire_all(self, bookings: list) -> None:
        """Expires locked bookings in one statement, by the table like any transition."""
        for booking in bookings:
            booking.status = states.after(states.BOOKING, booking.status, "expire")
        self.filter(pk__in=[booking.pk for booking in bookings]).update(
            status=BookingStatus.EXPIRED
        )
