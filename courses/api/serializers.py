"""What the API takes and gives about courses, dates and bookings. Money is whole pence, moments are UTC."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import MoneyField, StrictSerializer
from core.money import Money
from courses.models import Booking, BookingStatus, CourseSession
from courses.services import bookings
from courses.services.bookings import AttendeeDetails, CustomerDetails

PLACES_MAX = 1_000


class CourseOut(serializers.Serializer):
    """A course as a list shows it."""

    slug = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    audience = serializers.CharField()
    hours = serializers.IntegerField()
    days = serializers.IntegerField()
    validity_months = serializers.IntegerField()
    class_size = serializers.IntegerField()
    requires_certificate = serializers.BooleanField()
    price = MoneyField(read_only=True)
    vat_rate_bp = serializers.IntegerField()


class CourseDetailOut(CourseOut):
    """A course with all that its page tells."""

    guidance = serializers.CharField()
    outcomes = serializers.ListField(child=serializers.CharField())
    programme = serializers.ListField(child=serializers.DictField())
    bring = serializers.ListField(child=serializers.CharField())
    questions = serializers.ListField(child=serializers.DictField())


class CourseNameOut(serializers.Serializer):
    slug = serializers.CharField()
    title = serializers.CharField()


class VenueOut(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    town = serializers.CharField()
    address = serializers.CharField()
    postcode = serializers.CharField()
    latitude = serializers.DecimalField(max_digits=8, decimal_places=5)
    longitude = serializers.DecimalField(max_digits=8, decimal_places=5)
    time_zone = serializers.CharField()


class DayOut(serializers.Serializer):
    """One day, in the venue's own time."""

    date = serializers.DateField()
    start = serializers.TimeField()
    end = serializers.TimeField()


class BookedSessionOut(serializers.Serializer):
    """The date that one booking is for. Only this answer shows its days, so only it reads them."""

    id = serializers.UUIDField()
    course = CourseNameOut()
    venue = VenueOut()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    days = serializers.SerializerMethodField()

    @extend_schema_field(DayOut(many=True))
    def get_days(self, session: CourseSession) -> Any:
        return DayOut(sorted(session.days.all(), key=lambda day: day.date), many=True).data


class SessionOut(BookedSessionOut):
    """A date on sale, read with places and days in one query."""

    price = MoneyField(source="course.price", read_only=True)
    places_left = serializers.SerializerMethodField()

    @extend_schema_field(DayOut(many=True))
    def get_days(self, session: CourseSession) -> Any:
        return session.day_list

    def get_places_left(self, session: CourseSession) -> int:
        return max(0, session.places_left)


class SessionFiltersIn(serializers.Serializer):
    """The query of the list of dates; anything else is refused."""

    PAGING = ("cursor", "limit")

    course = serializers.SlugField(required=False, default="")
    venue = serializers.SlugField(required=False, default="")
    available = serializers.BooleanField(required=False, default=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        dates = {
            "from": serializers.DateField(required=False, default=None),
            "to": serializers.DateField(required=False, default=None),
        }
        return super().get_fields() | dates

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        unknown = sorted(set(data) - set(self.fields) - set(self.PAGING))
        if unknown:
            raise serializers.ValidationError(
                {name[:50]: ["This filter is not known."] for name in unknown[:20]}
            )
        return super().to_internal_value(data)


class CustomerIn(StrictSerializer):
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField(required=False, allow_blank=True)
    company = serializers.CharField(required=False, allow_blank=True)
    purchase_order = serializers.CharField(required=False, allow_blank=True)
    address = serializers.CharField(required=False, allow_blank=True)
    postcode = serializers.CharField(required=False, allow_blank=True)


class AttendeeIn(StrictSerializer):
    name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(required=False, allow_blank=True)
    access_needs = serializers.CharField(required=False, allow_blank=True)


class PeopleIn(StrictSerializer):
    """Who books and who comes, as plain details for the services."""

    customer = CustomerIn(required=False)
    attendees = serializers.ListField(child=AttendeeIn(), required=False, max_length=PLACES_MAX)

    def details(self) -> dict[str, Any]:
        given = self.validated_data
        customer, attendees = given.get("customer"), given.get("attendees")
        return {
            "customer": None if customer is None else CustomerDetails(**customer),
            "attendees": (
                None if attendees is None else [AttendeeDetails(**each) for each in attendees]
            ),
        }


class BookingIn(PeopleIn):
    session = serializers.UUIDField()
    places = serializers.IntegerField(min_value=1, max_value=PLACES_MAX)


class BookingPatchIn(PeopleIn):
    early_start_consent = serializers.BooleanField(required=False)


class LineOut(serializers.Serializer):
    """What a number of places costs; net and VAT add up to gross."""

    description = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_gross = serializers.SerializerMethodField()
    net = serializers.SerializerMethodField()
    vat_rate_bp = serializers.IntegerField()
    vat = serializers.SerializerMethodField()
    gross = serializers.SerializerMethodField()

    @extend_schema_field(MoneyField)
    def get_unit_gross(self, line: dict[str, Any]) -> Any:
        return Money(line["unit_gross_minor"]).as_json()

    @extend_schema_field(MoneyField)
    def get_net(self, line: dict[str, Any]) -> Any:
        return Money(line["net_minor"]).as_json()

    @extend_schema_field(MoneyField)
    def get_vat(self, line: dict[str, Any]) -> Any:
        return Money(line["vat_minor"]).as_json()

    @extend_schema_field(MoneyField)
    def get_gross(self, line: dict[str, Any]) -> Any:
        return Money(line["gross_minor"]).as_json()


class HoldOut(serializers.Serializer):
    """Places held: what a new booking answers with."""

    reference = serializers.CharField()
    token = serializers.CharField()
    status = serializers.ChoiceField(choices=BookingStatus.choices)
    places = serializers.IntegerField()
    hold_expires_at = serializers.DateTimeField(allow_null=True)
    total = MoneyField(read_only=True)
    lines = LineOut(many=True)


class HoldEndOut(serializers.Serializer):
    """The hold's new end, and how often it can still be made longer or placed again."""

    status = serializers.ChoiceField(choices=BookingStatus.choices)
    hold_expires_at = serializers.DateTimeField()
    extensions_left = serializers.SerializerMethodField()
    renewals_left = serializers.SerializerMethodField()

    def get_extensions_left(self, booking: Booking) -> int:
        return bookings.extensions_left(booking)

    def get_renewals_left(self, booking: Booking) -> int:
        return bookings.renewals_left(booking)


class AttendeeOut(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.CharField()


class BookingOut(serializers.Serializer):
    """One booking by its link, as `selectors.booking_by_token` reads it."""

    reference = serializers.CharField()
    status = serializers.ChoiceField(choices=BookingStatus.choices)
    session = BookedSessionOut()
    places = serializers.IntegerField()
    attendees = AttendeeOut(source="attendees.all", many=True)
    hold_expires_at = serializers.DateTimeField(allow_null=True)
    early_start_consent = serializers.BooleanField()
    total = MoneyField(read_only=True)
    lines = LineOut(many=True)
