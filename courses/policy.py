"""What cancelling gives back, and why: pure, from a booking's own copy of the policy.

A tier is ``{"days_before": 15, "refund_bp": 10000}``: at least 15 whole days before the course, counted
in dates where the course is, all of it comes back. Under the last tier nothing does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from core import formats
from core.money import Money

LONDON = ZoneInfo("Europe/London")
WHOLE_BP = 10_000
EXAMPLE_DAYS = (20, 10, 3)
SHARES = {WHOLE_BP: "all of it", 7_500: "three quarters", 5_000: "half", 2_500: "a quarter"}

STANDARD: dict[str, Any] = {
    "name": "Standard",
    "tiers": [
        {"days_before": 15, "refund_bp": WHOLE_BP},
        {"days_before": 7, "refund_bp": 5_000},
    ],
    "consumer_right_days": 14,
}


@dataclass(frozen=True)
class Tier:
    """A share that comes back until the end of ``until``; None where nothing does any more."""

    refund_bp: int
    until: dt.date | None


@dataclass(frozen=True)
class Quote:
    """What comes back now. ``dates`` are all tiers, best first, for showing them with today marked."""

    refund: Money
    fee: Money
    tier: Tier
    explanation: str
    dates: tuple[Tier, ...]


def refund_quote(
    policy: Mapping[str, Any],
    starts_at: dt.datetime,
    total: Money,
    now: dt.datetime,
    *,
    places: int = 1,
    booked_at: dt.datetime | None = None,
    is_consumer: bool = False,
    early_start_consent: bool = False,
) -> Quote:
    """The refund of ``total``, worked out place by place, the odd penny to the customer.

    A consumer's right to change their mind (14 days from ``booked_at``) comes before the tiers, unless
    they agreed that the course may go ahead sooner, or the course has begun.
    """
    tiers = _dated(policy, starts_at)
    if is_consumer and _may_change_mind(policy, starts_at, now, booked_at, early_start_consent):
        days = policy["consumer_right_days"]
        words = f"You booked less than {days} days ago, so you get everything back."
        return Quote(total, Money.zero(total.currency), Tier(WHOLE_BP, None), words, tiers)
    tier = _tier_at(tiers, starts_at, now)
    refund = Money.total(
        (_share(each, tier.refund_bp) for each in total.split(places)), total.currency
    )
    return Quote(refund, total - refund, tier, _explanation(tier, starts_at, now), tiers)


def cancellation_note(policy: Mapping[str, Any], starts_at: dt.datetime, now: dt.datetime) -> str:
    """The sentence beside the price, worked out for the chosen date."""
    tier = _tier_at(_dated(policy, starts_at), starts_at, now)
    if tier.refund_bp == WHOLE_BP:
        return f"Cancel by {_long_date(tier.until)} for a full refund."
    if tier.refund_bp:
        return f"If you cancel you get {share_words(tier)} back, until {_long_date(tier.until)}."
    return (
        f"This date is {_days_away(starts_at, now)}, so the fee isn’t refunded. "
        "You can still send someone else."
    )


def dates(policy: Mapping[str, Any], starts_at: dt.datetime) -> tuple[Tier, ...]:
    """All tiers with their last days, best first; the last one gives nothing and has none."""
    return _dated(policy, starts_at)


def in_words(policy: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(when, what comes back) from the earliest to the last days, for people who have not chosen a date."""
    rows: list[tuple[str, str]] = []
    above: int | None = None
    for tier in policy["tiers"]:
        days = tier["days_before"]
        rows.append((_stretch(days, above), share_words(Tier(tier["refund_bp"], None))))
        above = days
    last = "At any time" if above is None else f"Fewer than {formats.counted(above, 'day')} before"
    return rows if above == 0 else [*rows, (last, "nothing")]


def free_until(
    policy: Mapping[str, Any], starts_at: dt.datetime, now: dt.datetime
) -> dt.date | None:
    """The last day on which cancelling gives something back, and so moving is free; None once it is over.

    Moving may be free even then: while the right to change one's mind lasts.
    """
    days = [tier.until for tier in _dated(policy, starts_at) if tier.refund_bp and tier.until]
    last = max(days, default=None)
    return None if last is None or last < now.astimezone(LONDON).date() else last


def examples(
    policy: Mapping[str, Any], total: Money, now: dt.datetime
) -> list[tuple[int, Money, str]]:
    """What cancelling gives back so many days ahead, and why, to a company that booked so early."""
    rows = []
    for days in EXAMPLE_DAYS:
        quote = refund_quote(policy, now + dt.timedelta(days=days), total, now)
        rows.append((days, quote.refund, quote.explanation))
    return rows


def problems(tiers: object) -> list[str]:
    """Why this can't be a policy's tiers; empty when it can."""
    if not isinstance(tiers, list):
        return ["Tiers are a list."]
    days, shares = [], []
    for tier in tiers:
        if not isinstance(tier, dict) or set(tier) != {"days_before", "refund_bp"}:
            return ["Each tier has days_before and refund_bp, and nothing else."]
        if any(type(value) is not int or value < 0 for value in tier.values()):
            return ["Days and shares are whole numbers, not negative."]
        days.append(tier["days_before"])
        shares.append(tier["refund_bp"])
    if any(share > WHOLE_BP for share in shares):
        return [f"No more than {WHOLE_BP} (all of it) can come back."]
    if days != sorted(set(days), reverse=True) or shares != sorted(shares, reverse=True):
        return ["Tiers go from the most days before to the fewest, and never give back more later."]
    return []


def _dated(policy: Mapping[str, Any], starts_at: dt.datetime) -> tuple[Tier, ...]:
    starts_on = starts_at.astimezone(LONDON).date()
    given = (
        Tier(tier["refund_bp"], starts_on - dt.timedelta(days=tier["days_before"]))
        for tier in policy["tiers"]
    )
    return (*given, Tier(0, None))


def _tier_at(tiers: tuple[Tier, ...], starts_at: dt.datetime, now: dt.datetime) -> Tier:
    today = now.astimezone(LONDON).date()
    for tier in tiers:
        # Once the course has begun nothing comes back, whatever the policy says of its first day.
        if tier.until is not None and today <= tier.until and now < starts_at:
            return tier
    return tiers[-1]


def _may_change_mind(
    policy: Mapping[str, Any],
    starts_at: dt.datetime,
    now: dt.datetime,
    booked_at: dt.datetime | None,
    early_start_consent: bool,
) -> bool:
    days = policy.get("consumer_right_days", 0)
    if not days or booked_at is None or now >= starts_at:
        return False
    last_day = booked_at.astimezone(LONDON).date() + dt.timedelta(days=days)
    begins_inside = starts_at.astimezone(LONDON).date() <= last_day
    if early_start_consent and begins_inside:
        return False
    return now.astimezone(LONDON).date() <= last_day


def _share(amount: Money, refund_bp: int) -> Money:
    """Rounded up to the penny: the larger share is the customer's."""
    return Money(-(-amount.minor * refund_bp // WHOLE_BP), amount.currency)


def _explanation(tier: Tier, starts_at: dt.datetime, now: dt.datetime) -> str:
    if tier.refund_bp:
        return f"Until {_long_date(tier.until)} you get {share_words(tier)} back."
    if now >= starts_at:
        return "The course has begun, so the fee isn’t refunded."
    return f"This date is {_days_away(starts_at, now)}, so the fee isn’t refunded."


def _stretch(days: int, above: int | None) -> str:
    if above is None:
        return f"{formats.counted(days, 'day')} or more before"
    if days == above - 1:
        return f"{formats.counted(days, 'day')} before"
    return f"{days} to {above - 1} days before"


def share_words(tier: Tier) -> str:
    if tier.refund_bp in SHARES:
        return SHARES[tier.refund_bp]
    whole, part = divmod(tier.refund_bp, 100)
    return f"{whole}%" if not part else f"{tier.refund_bp / 100:g}%"


def _days_away(starts_at: dt.datetime, now: dt.datetime) -> str:
    days = (starts_at.astimezone(LONDON).date() - now.astimezone(LONDON).date()).days
    if days <= 0:
        return "today" if days == 0 else "over"
    return "1 day away" if days == 1 else f"{days} days away"


def _long_date(date: dt.date | None) -> str:
    return f"{date:%A} {date.day} {date:%B}" if date else ""
