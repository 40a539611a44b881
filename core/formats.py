"""How money, dates, times and counts read to people: one formatter for pages, e-mails and papers.

All moments are shown in UK time. "9.15am", "Tuesday 15 December 2026", "£1,152.00".
"""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from core.money import Money

UK = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class DateBlock:
    """The words of a date block: "Thu / 26 / Nov", or of several days "Mon–Wed / 30–2 / Nov–Dec"."""

    weekday: str
    day: str
    month: str
    is_range: bool


def money(amount: Money | int) -> str:
    """Always two decimals and a thousands comma."""
    return str(amount if isinstance(amount, Money) else Money(amount))


def clock_time(moment: dt.datetime | dt.time) -> str:
    """9am, 9.15am, 12pm at noon."""
    local = moment.astimezone(UK) if isinstance(moment, dt.datetime) else moment
    hour = local.hour % 12 or 12
    half = "am" if local.hour < 12 else "pm"
    return f"{hour}.{local.minute:02d}{half}" if local.minute else f"{hour}{half}"


def time_range(start: dt.datetime | dt.time, end: dt.datetime | dt.time) -> str:
    return f"{clock_time(start)} to {clock_time(end)}"


def local_date(moment: dt.datetime | dt.date) -> dt.date:
    return moment.astimezone(UK).date() if isinstance(moment, dt.datetime) else moment


def long_date(moment: dt.datetime | dt.date) -> str:
    """Tuesday 15 December 2026."""
    return f"{day_date(moment)} {local_date(moment).year}"


def day_date(moment: dt.datetime | dt.date) -> str:
    """Tuesday 15 December."""
    date = local_date(moment)
    return f"{date:%A} {date.day} {date:%B}"


def short_date(moment: dt.datetime | dt.date) -> str:
    """Tue 15 Dec."""
    date = local_date(moment)
    return f"{date:%a} {date.day} {date:%b}"


def plain_date(moment: dt.datetime | dt.date) -> str:
    """15 December 2026."""
    date = local_date(moment)
    return f"{date.day} {date:%B} {date.year}"


def month_name(date: dt.date) -> str:
    """December 2026."""
    return f"{date:%B %Y}"


def date_range(first: dt.date, last: dt.date) -> str:
    """Thursday 3 and Friday 4 December 2026; Monday 30 November to Wednesday 2 December 2026."""
    if first == last:
        return long_date(first)
    if (last - first).days == 1 and first.month == last.month:
        return f"{first:%A} {first.day} and {long_date(last)}"
    return f"{day_date(first)} to {long_date(last)}"


def date_block(first: dt.date, last: dt.date) -> DateBlock:
    if first == last:
        return DateBlock(f"{first:%a}", str(first.day), f"{first:%b}", is_range=False)
    months = f"{first:%b}" if first.month == last.month else f"{first:%b}–{last:%b}"
    return DateBlock(f"{first:%a}–{last:%a}", f"{first.day}–{last.day}", months, is_range=True)


def by_then(moment: dt.datetime, now: dt.datetime) -> str:
    """A promise's end: 4.31pm today, or 4.31pm on Tuesday 24 November."""
    if local_date(moment) == local_date(now):
        return f"{clock_time(moment)} today"
    return f"{clock_time(moment)} on {day_date(moment)}"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """1 place, 2 places, 1,200 places."""
    word = singular if number == 1 else plural or f"{singular}s"
    return f"{number:,} {word}"


def left_on_clock(seconds: int) -> str:
    """12:41, as the hold bar shows it."""
    seconds = max(0, seconds)
    return f"{seconds // 60}:{seconds % 60:02d}"


def percent(basis_points: int) -> str:
    """2000 is 20%, 1750 is 17.5%."""
    return f"{basis_points / 100:g}%"


def length_of_time(months: int) -> str:
    """3 years, 18 months."""
    years, rest = divmod(months, 12)
    return counted(months, "month") if rest else counted(years, "year")


def days_from(now: dt.datetime, moment: dt.datetime) -> str:
    """Today, Tomorrow, In 3 days: counted in dates."""
    days = (local_date(moment) - local_date(now)).days
    return {0: "Today", 1: "Tomorrow"}.get(days, f"In {counted(days, 'day')}")


def length(span: dt.timedelta) -> str:
    """45 seconds, 12 minutes, 3 hours, 2 days: the largest that fits."""
    seconds = max(0, int(span.total_seconds()))
    for word, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return counted(seconds // size, word)
    return counted(seconds, "second")


def phone_link(number: str) -> str:
    """The address that calls a UK number: tel:+441134960112."""
    digits = "".join(character for character in number if character.isdigit())
    return f"tel:+44{digits[1:]}" if digits.startswith("0") else f"tel:+{digits}"
