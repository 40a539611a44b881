"""When: the hour and weekday against the customer's and the site's own pattern, and how soon the course begins.

All weak: people book at night too, and late.
"""

from datetime import UTC, datetime

from core import formats
from fraud.history.facts import Facts
from fraud.history.profile import Profile, habit_names
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject

STAGES = ("before", "after")
FACTORS = (
    Factor(
        "hours_to_start",
        "The course starts soon",
        ((1, 6), (24, 3), (72, 0)),
        zero=8,
        adverse="less",
    ),
    Factor("hour_own", "Not this customer’s time of day", values={"unusual": 3}),
    Factor("weekday_own", "Not this customer’s weekday", values={"unusual": 1}),
    Factor("hour_site", "Hardly anybody books at this hour", ((0.0001, 3), (0.005, 1), (0.02, 0)), zero=3, adverse="less"),
    Factor("weekday_site", "Hardly anybody books on this weekday", ((0.0001, 2), (0.02, 0)), zero=2, adverse="less"),
)  # fmt: skip
OWN_PAYMENTS_LEAST = 8
NEAR = {f"h{hour}": tuple(f"h{(hour + off) % 24}" for off in range(-2, 3)) for hour in range(24)}
SITE_PAYMENTS_LEAST = 200
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def values(subject: Subject, facts: Facts) -> Values:
    hour, day = habit_names(facts.now)
    site = facts.profile("site")
    return {
        "hours_to_start": _hours_to_start(subject, facts),
        "hour_own": _own(facts, NEAR[hour]),
        "weekday_own": _own(facts, (day,)),
        "hour_site": _share(site, hour),
        "weekday_site": _share(site, day),
    }


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    if value is None:
        return "Too little is known to compare"
    if name == "hours_to_start":
        return _start_in_words(int(value))
    moment = datetime.fromtimestamp(facts.now, UTC)
    is_hour = name.startswith("hour_")
    when = f"at about {moment:%H:00} UTC" if is_hour else f"on a {WEEKDAYS[moment.weekday()]}"
    if isinstance(value, str):
        like = "like" if value == "usual" else "unlike"
        return f"Booked {when}, {like} this customer’s earlier payments"
    return f"{float(value):.1%} of all payments are made {when}"


def _hours_to_start(subject: Subject, facts: Facts) -> int | None:
    """Whole hours; 0 when it begins within one."""
    if subject.starts_at is None:
        return None
    return max(int(subject.starts_at.timestamp() - facts.now) // 3600, 0)


def _own(facts: Facts, names: tuple[str, ...]) -> str | None:
    """Whether the customer ever paid at such a time; None when they paid too seldom to say."""
    for kind in ("customer", "email"):
        profile = facts.profile(kind)
        if profile is not None and profile.habits_known() >= OWN_PAYMENTS_LEAST:
            return "usual" if any(profile.habit(name) for name in names) else "unusual"
    return None


def _share(profile: Profile | None, name: str) -> float | None:
    """The part of all payments that fell into this hour or weekday."""
    if profile is None:
        return None
    known = profile.habits_known()
    return round(profile.habit(name) / known, 4) if known >= SITE_PAYMENTS_LEAST else None


def _start_in_words(hours: int) -> str:
    if hours < 1:
        return "The course starts within the hour"
    if hours < 72:
        return f"The course starts in {formats.counted(hours, 'hour')}"
    return f"The course starts in {hours // 24} days"
