"""What was stopped or sent to a person, and every score with its reasons: to read. The desk itself is payments'."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Min, Sum
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.decorators import display

from core import formats
from core.backoffice import badges, navigation, today
from core.backoffice.readonly import ReadOnlyAdmin, moment
from core.money import Money
from fraud.models import Assessment, FraudAttempt, ReviewCase

URGENT_WITHIN = timedelta(hours=4)
BANDS = {"Low": "success", "Medium": "warning", "High": "danger"}
VERDICTS = {
    "Stopped before the card was charged": "danger",
    "Cancelled after the bank answered": "danger",
    "Sent to a person": "warning",
}


def reasons(readings: list[dict[str, Any]]) -> SafeString:
    """The signed points with their sentences, the heaviest first; what spoke neither way comes last."""
    heaviest = max((abs(each["points"]) for each in readings), default=1) or 1
    rows = sorted(readings, key=lambda each: -abs(each["points"]))
    return render_to_string("fraud/admin/_reasons.html", {"rows": rows, "heaviest": heaviest})


@admin.register(Assessment)
class AssessmentAdmin(ReadOnlyAdmin):
    list_display = ("assessed_at", "score", "band_shown", "stage", "amount", "course", "places")
    list_filter = ("band", "stage")
    search_fields = ("payment_id__exact",)
    search_help_text = "A payment's identifier"
    ordering = ("-assessed_at",)
    fields = (
        "score",
        "band_shown",
        "stage",
        "assessed_at",
        "why",
        "amount",
        "places",
        "course",
        "three_d_secure",
        "card_shown",
        "limits",
        "rule_version",
        "payment_id",
    )

    @display(description="Band", label=BANDS)
    def band_shown(self, assessment: Assessment) -> str:
        return assessment.get_band_display()

    @admin.display(description="Amount", ordering="amount_minor")
    def amount(self, assessment: Assessment) -> str:
        return formats.money(Money(assessment.amount_minor, assessment.currency))

    @admin.display(description="Why")
    def why(self, assessment: Assessment) -> SafeString:
        return reasons(assessment.readings)

    @admin.display(description="Limits then")
    def limits(self, assessment: Assessment) -> str:
        limits = assessment.thresholds
        return (
            f"3-D Secure from {limits['three_d_secure_from']}, a person from "
            f"{limits['review_from']}, stopped above {limits['block_above']}"
        )

    @admin.display(description="Card")
    def card_shown(self, assessment: Assessment) -> str:
        card = assessment.card or {}
        words = (card.get("brand"), card.get("funding"), card.get("last4"), card.get("country"))
        return " · ".join(str(word) for word in words if word) or "Not known"


@admin.register(FraudAttempt)
class FraudAttemptAdmin(ReadOnlyAdmin):
    list_display = ("attempted_at", "verdict_shown", "score", "heaviest", "amount", "course")
    list_filter = ("verdict",)
    search_fields = ("payment_id__exact",)
    search_help_text = "A payment's identifier"
    ordering = ("-attempted_at",)
    fields = (
        "verdict_shown",
        "score",
        "attempted_at",
        "why",
        "amount",
        "course",
        "payment_id",
    )

    @display(description="What happened", label=VERDICTS)
    def verdict_shown(self, attempt: FraudAttempt) -> str:
        return attempt.get_verdict_display()

    @admin.display(description="Heaviest reason")
    def heaviest(self, attempt: FraudAttempt) -> str:
        return max(attempt.reasons, key=lambda each: each["points"])["evidence"]

    @admin.display(description="Amount", ordering="amount_minor")
    def amount(self, attempt: FraudAttempt) -> str:
        return formats.money(Money(attempt.amount_minor, attempt.currency))

    @admin.display(description="Why")
    def why(self, attempt: FraudAttempt) -> SafeString:
        return reasons(attempt.reasons)


def bookings_to_review(now: datetime) -> today.Count:
    waiting = ReviewCase.objects.open().aggregate(
        number=Count("id"), held=Sum("amount_minor", default=0), first=Min("promise_at")
    )
    first = waiting["first"]
    return today.Count(
        title="Bookings to review",
        number=waiting["number"],
        url=navigation.list_url("fraud.reviewcase"),
        icon="gpp_maybe",
        note=f"{formats.money(waiting['held'])} held. First one by {moment(first)}",
        urgent=first is not None and first - now < URGENT_WITHIN,
    )


badges.register("reviews", lambda: ReviewCase.objects.open().count())
today.add_count(10, "fraud.view_reviewcase", bookings_to_review)
