"""The sentences of the review desk, pure: times, standing, checks, what became of a try."""

from datetime import datetime, timedelta
from typing import Any

from core import formats
from fraud.selectors import ReviewCase
from fraud.services import reviews

CHECKS = {"pass": ("Matches", "pass"), "fail": ("Doesn’t match", "fail")}
NOT_CHECKED = ("Not checked by bank", "unk")
THREE_D_SECURE = {
    "authenticated": ("Passed", "pass"),
    "attempt_acknowledged": ("Tried, the bank would bear it", "pass"),
    "exempted": ("Not asked, exempted", "unk"),
    "failed": ("Failed", "fail"),
    "not_supported": ("Not supported", "unk"),
    "processing_error": ("Not available", "unk"),
}
BANK_BEARS = ("authenticated", "attempt_acknowledged")
BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}
TONES = {"low": "ok", "medium": "warn", "high": "bad"}
OUR_NO = ("decline", "lapsed", "blocked")
ENDED = {
    "blocked": ("Declined by us", "bad"),
    "failed": ("Card declined", "warn"),
    "succeeded": ("Paid", "ok"),
    "authorised": ("Being checked", "warn"),
}
CAUSES = {
    "asked_to_call": "The customer was asked to call",
    "held": "Held for 24 hours",
}


def moment(at: datetime, now: datetime) -> str:
    """4.31pm, or 4.31pm on Tue 24 Nov."""
    time = formats.clock_time(at)
    same_day = formats.local_date(at) == formats.local_date(now)
    return time if same_day else f"{time} on {formats.short_date(at)}"


def time_left(at: datetime, now: datetime) -> str:
    """3 h 52 min left, 2 days 4 h left, 12 min late."""
    late, span = at <= now, abs(at - now)
    return f"{_span(span)} {'late' if late else 'left'}"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days:
        return (
            f"{formats.counted(days, 'day')} {hours} h" if hours else formats.counted(days, "day")
        )
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def ago(at: datetime, now: datetime) -> str:
    """Today, yesterday, 9 days ago."""
    days = (formats.local_date(now) - formats.local_date(at)).days
    return {0: "Today", 1: "Yesterday"}.get(days, f"{days} days ago")


def band_tone(assessment: Any) -> str:
    return TONES.get(assessment.band, "")


def heaviest(readings: list[dict[str, Any]]) -> str:
    """The sentence of the signal that weighs most; base and cut explain nothing."""
    signals = [each for each in readings if each["signal"] not in ("base", "cut")]
    if not signals:
        return ""
    most = max(signals, key=lambda each: each["points"])
    return most.get("title") or most["evidence"]


def standing(case: ReviewCase, names: dict[str, str], now: datetime) -> str:
    """Approved at 12.41pm by Olive; nothing while it waits."""
    if case.state == "open" or case.decided_at is None:
        return ""
    said = f"{case.get_state_display()} at {moment(case.decided_at, now)}"
    by = names.get(case.decided_by, "")
    return f"{said} by {by}" if by and case.decided_by != "system" else said


def reason(case: ReviewCase) -> str:
    """The chosen reason in the words it was chosen by."""
    for choices in reviews.REASONS.values():
        if case.reason in choices:
            return choices[case.reason]
    return case.reason


def card(facts: dict[str, Any], last4: str, brand: str) -> str:
    """Mastercard credit ····4242."""
    name = BRANDS.get(brand, brand.replace("_", " ").capitalize())
    parts = (name, str(facts.get("funding") or ""), f"····{last4}" if last4 else "")
    return " ".join(part for part in parts if part) or "Not known"


def check(result: str) -> tuple[str, str]:
    return CHECKS.get(result, NOT_CHECKED)


def three_d_secure(result: str) -> tuple[str, str]:
    return THREE_D_SECURE.get(result, ("Not asked", "unk"))


def became(payment: Any) -> tuple[str, str]:
    """What became of another try, and the tone it is said in."""
    if payment is None:
        return "Not known", ""
    if payment.disputes.all():
        return "Disputed", "bad"
    if payment.status == "cancelled" and payment.failure_code in OUR_NO:
        return ENDED["blocked"]
    if payment.status == "succeeded" and payment.refunded_minor:
        return "Paid, returned", "info"
    return ENDED.get(payment.status, (payment.get_status_display(), ""))
