"""Courses, venues and dates: what the office keeps up to date."""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTimeWidget

from core import clock, formats
from core.errors import NotFound, Refusal
from courses import selectors_rosters
from courses.admin import rosters
from courses.admin.kept import KeptAdmin
from courses.models import Course, CourseSession, Venue
from courses.models.querysets import SessionQuerySet
from courses.services import catalog

AHEAD = {"week": dt.timedelta(days=7), "month": dt.timedelta(days=30)}
TONES = {"Scheduled": "info", "Cancelled": "danger", "Completed": "success"}


@admin.register(Course)
class CourseAdmin(KeptAdmin):
    list_display = ("title", "price_shown", "hours", "days", "validity_months", "is_on_sale")
    list_filter = ("is_on_sale",)
    search_fields = ("title",)
    ordering = ("position", "title")
    list_select_related = ("cancellation_policy",)
    prepopulated_fields = {"slug": ("title",)}

    @display(description="Price inc. VAT", ordering="price_minor")
    def price_shown(self, course: Course) -> str:
        return formats.money(course.price)


@admin.register(Venue)
class VenueAdmin(KeptAdmin):
    list_display = ("name", "town", "postcode", "step_free")
    list_filter = ("town",)
    search_fields = ("name", "town", "postcode")
    ordering = ("town", "name")
    prepopulated_fields = {"slug": ("name",)}


class WhenFilter(admin.SimpleListFilter):
    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("week", "Next 7 days"),
            ("month", "Next 30 days"),
            ("past", "Past"),
            ("all", "All"),
        ]

    def choices(self, changelist: Any) -> Any:
        unasked, *others = super().choices(changelist)
        yield unasked | {"display": "To come"}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CourseSession]
    ) -> QuerySet[CourseSession]:
        now = clock.now()
        if self.value() == "past":
            return queryset.filter(starts_at__lte=now).order_by("-starts_at", "id")
        if self.value() == "all":
            return queryset
        to_come = queryset.filter(starts_at__gt=now)
        ahead = AHEAD.get(self.value() or "")
        return to_come.filter(starts_at__lte=now + ahead) if ahead else to_come


class MinimumFilter(admin.SimpleListFilter):
    """Dates that would not pay for themselves yet."""

    title = "minimum"
    parameter_name = "minimum"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("under", "Under minimum")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[CourseSession]:
        if self.value() == "under":
            assert isinstance(queryset, SessionQuerySet)
            return queryset.under_minimum()
        return queryset


class ScheduleForm(forms.ModelForm):
    """A new date: its days follow from the course's length."""

    first_date = forms.DateField(widget=UnfoldAdminDateWidget)
    start = forms.TimeField(widget=UnfoldAdminTimeWidget, initial="09:15")
    end = forms.TimeField(widget=UnfoldAdminTimeWidget, initial="16:30")

    class Meta:
        model = CourseSession
        fields = ("course", "venue", "capacity", "minimum", "trainer")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                # Within the admin's transaction: the row is there when the form is found good.
                self.scheduled = catalog.schedule(**given)
            except Refusal as refusal:
                self.add_error(None, [each for words in refusal.fields.values() for each in words])
        return given

    def save(self, commit: bool = True) -> CourseSession:
        return self.scheduled

    def save_m2m(self) -> None:
        """The service has written all there is."""


class RoomForm(forms.ModelForm):
    """Room for people and the trainer; refused where more are booked than would fit."""

    class Meta:
        model = CourseSession
        fields = ("capacity", "minimum", "trainer")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.changed = catalog.change(session_id=self.instance.pk, **given)
            except Refusal as refusal:
                for name, words in refusal.fields.items():
                    self.add_error(name, words)
        return given

    def save(self, commit: bool = True) -> CourseSession:
        return self.changed

    def save_m2m(self) -> None:
        """The service has written all there is."""


@admin.register(CourseSession)
class CourseSessionAdmin(KeptAdmin):
    list_display = (
        "date_shown", "course", "town_shown", "trainer", "fill_shown", "minimum", "standing",
    )  # fmt: skip
    list_filter = (WhenFilter, "state", "course", "venue__town", MinimumFilter)
    change_form_outer_after_template = "courses/admin/_session.html"
    search_fields = ("course__title", "venue__town", "trainer")
    list_select_related = ("course", "venue")
    ordering = ("starts_at", "id")
    readonly_fields = ("date_shown", "times_shown", "fill_shown", "standing")
    add_fields = (
        "course", "venue", "first_date", "start", "end", "capacity", "minimum", "trainer",
    )  # fmt: skip
    change_fields = (
        "date_shown", "times_shown", "fill_shown", "standing", "capacity", "minimum", "trainer",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[CourseSession]:
        return CourseSession.objects.with_places(clock.now()).with_places_sold()

    def get_urls(self) -> list[URLPattern]:
        return [*rosters.urls(self), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {
            "roster": _roster(object_id),
            "may_mark": request.user.has_perm("courses.change_coursesession"),
        }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def get_form(self, request: HttpRequest, obj: Any = None, **rest: Any) -> Any:
        return super().get_form(request, obj, form=RoomForm if obj else ScheduleForm, **rest)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.change_fields if obj else self.add_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The form's service has written it."""

    @display(description="Date", ordering="starts_at")
    def date_shown(self, session: CourseSession) -> str:
        first, last = formats.local_date(session.starts_at), formats.local_date(session.ends_at)
        return formats.date_range(first, last)

    @display(description="Place", ordering="venue__town")
    def town_shown(self, session: CourseSession) -> str:
        return session.venue.town

    @display(description="Times")
    def times_shown(self, session: CourseSession) -> str:
        return formats.time_range(session.starts_at, session.ends_at)

    @display(description="Places")
    def fill_shown(self, session: CourseSession) -> SafeString:
        """Sold, and apart from them those that are only kept for somebody."""
        held = session.places_taken - session.places_sold
        return format_html(
            '<span class="staff"><span class="fill{}"><svg viewBox="0 0 100 6" preserveAspectRatio="none"'
            ' aria-hidden="true"><rect width="{}" height="6"></rect></svg>{} of {} sold</span>{}</span>',
            " low" if session.places_sold < session.minimum else "",
            f"{100 * session.places_sold / max(1, session.capacity):.1f}",
            session.places_sold,
            session.capacity,
            format_html("<small>{} held</small>", held) if held else "",
        )

    @display(description="State", label=TONES)
    def standing(self, session: CourseSession) -> str:
        return session.get_state_display()


def _roster(session_id: str) -> selectors_rosters.Roster | None:
    """None for what is no date: the page says so by itself."""
    try:
        return selectors_rosters.roster(session_id=UUID(session_id), now=clock.now())
    except (ValueError, NotFound):
        return None
