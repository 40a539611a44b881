"""Courses, venues, dates and cancellation policies: what the office keeps up to date."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTimeWidget

from core import clock, formats
from core.errors import Refusal
from courses import policy
from courses.models import CancellationPolicy, Course, CourseSession, Venue
from courses.services import catalog

TONES = {"Scheduled": "info", "Cancelled": "danger", "Completed": "success"}


class KeptAdmin(ModelAdmin):
    """Bookings point at these rows, so they are taken off sale, never deleted."""

    list_fullwidth = True
    show_full_result_count = False
    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PolicyForm(forms.ModelForm):
    class Meta:
        model = CancellationPolicy
        fields = ("name", "tiers", "consumer_right_days")

    def clean_tiers(self) -> Any:
        tiers = self.cleaned_data["tiers"]
        if problems := policy.problems(tiers):
            raise forms.ValidationError(problems)
        return tiers


@admin.register(CancellationPolicy)
class CancellationPolicyAdmin(KeptAdmin):
    form = PolicyForm
    list_display = ("name", "consumer_right_days")


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
        return [("past", "Past"), ("all", "All")]

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
        return queryset if self.value() == "all" else queryset.filter(starts_at__gt=now)


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
        "date_shown", "course", "venue", "trainer", "fill_shown", "minimum", "standing",
    )  # fmt: skip
    list_filter = (WhenFilter, "state", "course", "venue__town")
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
        return CourseSession.objects.with_places(clock.now())

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

    @display(description="Times")
    def times_shown(self, session: CourseSession) -> str:
        return formats.time_range(session.starts_at, session.ends_at)

    @display(description="Places taken")
    def fill_shown(self, session: CourseSession) -> str:
        return f"{session.places_taken} of {session.capacity}"

    @display(description="State", label=TONES)
    def standing(self, session: CourseSession) -> str:
        return session.get_state_display()
