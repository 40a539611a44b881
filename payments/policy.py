"""The rules of time and words that payments keeps, pure: pauses, deadlines, codes."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

ACTION_TIME = timedelta(minutes=15)
PROCESSING_PAUSE = timedelta(minutes=1)
REFUND_PAUSE = timedelta(hours=6)
# Nine looks in three days, the first after ten seconds: by then a short outage is over.
CHECK_PAUSES = (
    timedelta(seconds=10),
    timedelta(seconds=60),
    timedelta(minutes=11),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=15),
    timedelta(hours=24),
    timedelta(hours=26),
)
# A stored error is replayed under its key for ever: after so many looks (over an hour) we stop asking.
CAPTURE_CHECKS_MAX = 5
# Absent twice, so far apart that a request still under way must have ended.
ABSENCE_PROOF = timedelta(minutes=10)

REVIEW_BEFORE_SESSION = timedelta(hours=12)
REVIEW_BEFORE_RELEASE = timedelta(hours=24)
# Cards let the money go after 7 days, some earlier; used only where the gateway names no moment.
AUTHORISATION_TIME = timedelta(days=4, hours=18)

OFFICE_OPENS, OFFICE_CLOSES = time(8, 30), time(17, 0)
SATURDAY = 5

STRIPE_REASONS = {"duplicate": "duplicate", "fraud": "fraudulent"}
SHOWN_DECLINES = {
    "insufficient_funds",
    "expired_card",
    "incorrect_cvc",
    "incorrect_number",
    "card_not_supported",
    "currency_not_supported",
    "processing_error",
    "authentication_failed",
}
UNUSABLE_TOKEN = "unusable_token"  # noqa: S105 - a cause, not a token
AUTHENTICATION_FAILURE = "payment_intent_authentication_failure"


def next_check(checks: int, now: datetime) -> datetime | None:
    """When to look again after so many looks; None when a person must."""
    return now + CHECK_PAUSES[checks] if checks < len(CHECK_PAUSES) else None


def review_hard_limit(*, starts_at: datetime, authorised_until: datetime) -> datetime:
    """Undecided then, a review counts as declined (domain.md 15)."""
    return min(starts_at - REVIEW_BEFORE_SESSION, authorised_until - REVIEW_BEFORE_RELEASE)


def review_promise(now: datetime) -> datetime:
    """When the customer will know: so many hours of office time from now."""
    left = timedelta(hours=settings.REVIEW_PROMISE_OFFICE_HOURS)
    moment = _into_office_time(now.astimezone(ZoneInfo(settings.VENUE_TIME_ZONE)))
    while left > (today := _closing(moment) - moment):
        left -= today
        moment = _into_office_time(_closing(moment))
    return (moment + left).astimezone(now.tzinfo)


def working_days_before(now: datetime, days: int) -> datetime:
    """So many working days ago at the same time of day: weekends don't count."""
    moment = now.astimezone(ZoneInfo(settings.VENUE_TIME_ZONE))
    while days:
        moment -= timedelta(days=1)
        days -= moment.weekday() < SATURDAY
    return moment.astimezone(now.tzinfo)


def stripe_reason(reason: str) -> str:
    return STRIPE_REASONS.get(reason, "requested_by_customer")


def decline_code_to_show(failure_code: str, decline_code: str) -> str:
    """The code that tells the customer what to do; "" for all that must sound alike."""
    if failure_code == AUTHENTICATION_FAILURE:
        return "authentication_failed"
    for code in (decline_code, failure_code):
        if code in SHOWN_DECLINES:
            return code
    return ""


def _into_office_time(moment: datetime) -> datetime:
    """This moment if the office is open, else the next opening."""
    opening = datetime.combine(moment.date(), OFFICE_OPENS, moment.tzinfo)
    if moment >= _closing(moment):
        opening += timedelta(days=1)
    while opening.weekday() >= SATURDAY:
        opening += timedelta(days=1)
    return max(moment, opening)


def _closing(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), OFFICE_CLOSES, moment.tzinfo)
