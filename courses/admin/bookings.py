"""Bookings and customers: working lists to read. States and money change through services alone."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display

from core import formats
from core.backoffice.readonly import ReadOnlyAdmin
from core.crypto.fields import readable
from core.crypto.index import blind_index
from core.mail import admin as mail
from core.tracing.links import trace_link
from courses import selectors_finding
from courses.models import Attendee, Booking, BookingTransition, Customer
from courses.models.customer import EMAIL_INDEX
from courses.models.states import BookingStatus

TONES = {
    BookingStatus.HELD.label: "info",
    BookingStatus.PAYING.label: "info",
    BookingStatus.UNDER_REVIEW.label: "warning",
    BookingStatus.CONFIRMED.label: "success",
    BookingStatus.EXPIRED.label: "danger",
    BookingStatus.CANCELLED.label: "danger",
}


ACTIONS = {
    "hold": "Places held",
    "extend": "More time given",
    "renew": "Held again",
    "begin_payment": "Payment begun",
    "fail_payment": "Payment refused",
    "expire_payment": "Payment not finished in time",
    "expire": "Hold ended",
    "review": "Put under review",
    "confirm": "Confirmed",
    "release": "Places released",
    "cancel": "Cancelled",
    "cancel_places": "Some places cancelled",
    "move": "Moved to another date",
}


class ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AttendeeInline(ReadOnlyInline):
    model = Attendee
    fields = ("position", "name_shown", "email_shown", "state")
    readonly_fields = fields
    ordering = ("position",)
    verbose_name_plural = "who’s coming"

    @display(description="Name")
    def name_shown(self, attendee: Attendee) -> str:
        return readable(attendee, "name") or "Name to come"

    @display(description="Email")
    def email_shown(self, attendee: Attendee) -> str:
        return readable(attendee, "email")


class TimelineInline(ReadOnlyInline):
    model = BookingTransition
    fields = ("at_shown", "action_shown", "from_shown", "to_shown", "cause_shown", "actor_shown",
              "trace_shown")  # fmt: skip
    readonly_fields = fields
    ordering = ("at", "id")
    verbose_name_plural = "what happened"

    @display(description="When")
    def at_shown(self, step: BookingTransition) -> str:
        return _moment(step.at)

    @display(description="What")
    def action_shown(self, step: BookingTransition) -> str:
        return ACTIONS.get(step.action, _plain(step.action))

    @display(description="From")
    def from_shown(self, step: BookingTransition) -> str:
        return _state(step.came_from)

    @display(description="To")
    def to_shown(self, step: BookingTransition) -> str:
        return _state(step.went_to)

    @display(description="Why")
    def cause_shown(self, step: BookingTransition) -> str:
        return _plain(step.cause)

    @display(description="By")
    def actor_shown(self, step: BookingTransition) -> str:
        return _plain(step.actor)

    @display(description="Trace")
    def trace_shown(self, step: BookingTransition) -> str:
        return trace_link(step.trace_id)


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin):
    list_display = (
        "reference", "standing", "customer_shown", "company_shown", "course_shown", "date_shown",
        "places", "total_shown", "booked_shown",
    )  # fmt: skip
    list_filter = ("status", "session__course", "session__venue__town")
    search_fields = ("reference__startswith",)
    search_help_text = "A reference such as RFT-7KQ9TC, a name, or a whole email address"
    list_select_related = ("session__course", "session__venue", "customer")
    ordering = ("-created_at", "-id")
    inlines = (AttendeeInline, TimelineInline)
    change_form_outer_after_template = "mail/admin/_sent.html"
    fieldsets = (
        (None, {"fields": ("reference", "standing", "course_shown", "date_shown", "places")}),
        (
            "Customer",
            {"fields": ("customer_shown", "email_shown", "phone_shown", "company_shown",
                        "address_shown", "purchase_order", "early_start_consent")},
        ),
        ("Price", {"fields": ("total_shown", "lines_shown", "policy_shown")}),
        (
            "Moments",
            {"fields": ("booked_shown", "hold_ends_shown", "extensions", "renewals",
                        "confirmed_shown")},
        ),
    )  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Booking], search_term: str
    ) -> tuple[QuerySet[Booking], bool]:
        if not search_term:
            return queryset, False
        found = selectors_finding.bookings(search_term)
        return queryset.filter(pk__in=found.values("pk")), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With what was mailed about it, for who may read messages."""
        context = {
            "mails": mail.about(f"courses.booking:{object_id}")
            if request.user.has_perm("mail.view_message")
            else [],
            "may_send": request.user.has_perm("mail.change_message"),
        }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """The customer's page links to all that one address booked."""
        return lookup == "customer__email_index" or super().lookup_allowed(lookup, value, request)

    # --- columns ---------------------------------------------------------------------------------

    @display(description="State", ordering="status", label=TONES)
    def standing(self, booking: Booking) -> str:
        return booking.get_status_display()

    @display(description="Customer")
    def customer_shown(self, booking: Booking) -> str:
        return readable(booking.customer, "name") if booking.customer else ""

    @display(description="Email")
    def email_shown(self, booking: Booking) -> str:
        return readable(booking.customer, "email") if booking.customer else ""

    @display(description="Phone")
    def phone_shown(self, booking: Booking) -> str:
        return readable(booking.customer, "phone") if booking.customer else ""

    @display(description="Company")
    def company_shown(self, booking: Booking) -> str:
        return readable(booking.customer, "company") if booking.customer else ""

    @display(description="Address")
    def address_shown(self, booking: Booking) -> str:
        if booking.customer is None:
            return ""
        return f"{readable(booking.customer, 'address')} {readable(booking.customer, 'postcode')}"

    @display(description="Course")
    def course_shown(self, booking: Booking) -> str:
        return booking.session.course.title

    @display(description="Date", ordering="session__starts_at")
    def date_shown(self, booking: Booking) -> str:
        session = booking.session
        return f"{formats.plain_date(session.starts_at)}, {session.venue.town}"

    @display(description="Total", ordering="total_minor")
    def total_shown(self, booking: Booking) -> str:
        return formats.money(booking.total)

    @display(description="Lines")
    def lines_shown(self, booking: Booking) -> str:
        return "; ".join(
            f"{line['quantity']} × {line['description']}, {formats.money(line['net_minor'])} and "
            f"VAT {formats.money(line['vat_minor'])} at {formats.percent(line['vat_rate_bp'])}"
            for line in booking.lines
        )

    @display(description="Cancellation policy")
    def policy_shown(self, booking: Booking) -> str:
        tiers = [
            f"{formats.percent(tier['refund_bp'])} at least {tier['days_before']} days before"
            for tier in booking.policy["tiers"]
        ]
        return f"{booking.policy['name']}: {', '.join(tiers) or 'no refund'}"

    @display(description="Booked", ordering="created_at")
    def booked_shown(self, booking: Booking) -> str:
        return _moment(booking.created_at)

    @display(description="Hold ends")
    def hold_ends_shown(self, booking: Booking) -> str:
        return _moment(booking.hold_expires_at)

    @display(description="Confirmed")
    def confirmed_shown(self, booking: Booking) -> str:
        return _moment(booking.confirmed_at)


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ("name_shown", "email_shown", "company_shown", "bookings_shown", "created_at")
    search_fields = ("email_index__exact",)
    search_help_text = "A name, a company, or a whole email address"
    ordering = ("-created_at", "-id")
    fields = (
        "name_shown", "email_shown", "phone_shown", "company_shown", "address_shown",
        "bookings_shown", "created_at",
    )  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        if not search_term:
            return queryset, False
        if "@" in search_term:
            return queryset.filter(email_index=blind_index(search_term, EMAIL_INDEX)), False
        return queryset & Customer.objects.named(search_term), False

    @display(description="Name")
    def name_shown(self, customer: Customer) -> str:
        return readable(customer, "name")

    @display(description="Email")
    def email_shown(self, customer: Customer) -> str:
        return readable(customer, "email")

    @display(description="Phone")
    def phone_shown(self, customer: Customer) -> str:
        return readable(customer, "phone")

    @display(description="Company")
    def company_shown(self, customer: Customer) -> str:
        return readable(customer, "company")

    @display(description="Address")
    def address_shown(self, customer: Customer) -> str:
        return f"{readable(customer, 'address')} {readable(customer, 'postcode')}"

    @display(description="Bookings")
    def bookings_shown(self, customer: Customer) -> SafeString:
        """All that this address booked: personal data stays out of the link, which ends up in logs."""
        address = reverse("admin:courses_booking_changelist")
        return format_html(
            '<a href="{}?customer__email_index={}">Show</a>', address, customer.email_index
        )


def _moment(at: Any) -> str:
    return f"{formats.plain_date(at)}, {formats.clock_time(at)}" if at else ""


def _state(state: str) -> str:
    return str(BookingStatus(state).label) if state in BookingStatus.values else ""


def _plain(words: str) -> str:
    """ "card_declined" reads "Card declined"."""
    words = words.replace("_", " ")
    return words[:1].upper() + words[1:]
