"""Who waits for places on a full date, and what became of it."""

from django.contrib import admin
from unfold.decorators import display

from core import formats
from core.backoffice.readonly import ReadOnlyAdmin
from core.crypto.fields import readable
from courses.models import WaitingListEntry, WaitingStatus

TONES = {
    WaitingStatus.WAITING.label: "info",
    WaitingStatus.OFFERED.label: "warning",
    WaitingStatus.TAKEN.label: "success",
}


@admin.register(WaitingListEntry)
class WaitingListEntryAdmin(ReadOnlyAdmin):
    list_display = ("date_shown", "standing", "name_shown", "places", "created_at")
    list_filter = ("status", "session__course")
    list_select_related = ("session__course", "session__venue", "booking")
    ordering = ("-created_at", "-id")
    fields = (
        "date_shown", "standing", "name_shown", "email_shown", "places", "offer_shown",
        "created_at",
    )  # fmt: skip

    @display(description="Date", ordering="session__starts_at")
    def date_shown(self, entry: WaitingListEntry) -> str:
        session = entry.session
        when = formats.plain_date(session.starts_at)
        return f"{session.course.title}, {when}, {session.venue.town}"

    @display(description="State", ordering="status", label=TONES)
    def standing(self, entry: WaitingListEntry) -> str:
        return WaitingStatus(entry.status).label

    @display(description="Name")
    def name_shown(self, entry: WaitingListEntry) -> str:
        return readable(entry, "name")

    @display(description="Email")
    def email_shown(self, entry: WaitingListEntry) -> str:
        return readable(entry, "email")

    @display(description="Booking of the offer")
    def offer_shown(self, entry: WaitingListEntry) -> str:
        return entry.booking.reference if entry.booking else "–"
