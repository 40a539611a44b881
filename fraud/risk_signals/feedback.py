"""What became known of earlier payments with the same keys: the strongest signal measured.

A fraud counts from the moment it was confirmed (dispute, early warning, staff), never before. Rates
are drawn towards 2 %, so that one fraud of one payment is not a certainty.
"""

from functools import lru_cache

from core import formats
from fraud.history.facts import Facts
from fraud.history.profile import Profile, smoothed
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject

STAGES = ("before", "after")
KINDS = (
    "card", "buyer", "email", "customer", "device", "address", "phone", "network", "domain", "region",
    "course",
)  # fmt: skip
WHOSE = {
    "card": "this card",
    "buyer": "this card and email address",
    "email": "this email address",
    "customer": "this customer",
    "device": "this device",
    "address": "this connection",
    "phone": "this phone number",
    "network": "this network",
    "domain": "this email provider",
    "region": "this billing region",
    "course": "this course",
}
LATEST = 5
FRAUDS_MAX = 25
# One fraud on a card or mailbox was right two times in three (measured on real payments), two or
# more four times in five; a shared key says much less.
STRONG = ((1.0, 28.0), (2.0, 42.0), (3.0, 48.0))
SHARED = ((2.0, 4.0), (5.0, 8.0))
SHIPPED: dict[str, tuple[tuple[float, float], ...]] = {
    "card_frauds": STRONG,
    "email_frauds": STRONG,
    "customer_frauds": STRONG,
    "device_frauds": ((1.0, 22.0), (2.0, 34.0)),
    "phone_frauds": ((1.0, 18.0), (2.0, 26.0)),
    "address_frauds": ((1.0, 6.0), (2.0, 10.0), (4.0, 14.0)),
    "network_frauds": SHARED,
}
WHAT = ("rate_7d", "rate_30d", "rate", "frauds", "latest", "since_fraud", "since_first")
NAMES = {kind: tuple(f"{kind}_{what}" for what in WHAT) for kind in KINDS}
TITLES = {
    "rate_7d": "Share of fraud, learned in a week",
    "rate_30d": "Share of fraud, learned in 30 days",
    "rate": "Share of fraud",
    "frauds": "Confirmed fraud",
    "latest": "Fraud among the latest payments",
    "since_fraud": "Time since the last fraud",
    "since_first": "Time since the trouble began",
}
FACTORS = tuple(
    Factor(
        name,
        f"{TITLES[name.partition('_')[2]]}: {WHOSE[kind]}",
        SHIPPED.get(name, ()),
        adverse="less" if "_since_" in name else "more",
        of=kind,
    )
    for kind in KINDS
    for name in NAMES[kind]
)
UNKNOWN: Values = {factor.name: None for factor in FACTORS}
NOTHING = [None] * len(WHAT)


def values(subject: Subject, facts: Facts) -> Values:
    seen: list[Value] = []
    for kind in KINDS:
        profile = facts.profiles.get(kind)
        seen += _seen(profile, facts.now) if profile is not None and profile.known else NOTHING
    return dict(zip(UNKNOWN, seen, strict=True))


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    kind, _, what = name.partition("_")
    profile = facts.profile(kind)
    if value is None or profile is None:
        return f"Nothing is known yet of earlier payments with {WHOSE[kind]}"
    if what == "since_fraud":
        return f"The last confirmed fraud with {WHOSE[kind]} is {formats.counted(int(value), 'day')} old"
    if what == "latest":
        return f"{int(value)} of the last {LATEST} payments with {WHOSE[kind]} were fraud"
    if what == "since_first":
        return f"The first fraud of late with {WHOSE[kind]} became known {formats.counted(int(value), 'day')} ago"
    known, frauds = profile.known, profile.frauds
    if what in ("rate_7d", "rate_30d"):
        known, frauds, _days = profile.labels_since(facts.now, 7 if what == "rate_7d" else 30)
    seen = formats.counted(known, "known payment")
    return f"{formats.counted(frauds, 'confirmed fraud')} among {seen} with {WHOSE[kind]}"


def _seen(profile: Profile, now: int) -> tuple[Value, ...]:
    known_lately, frauds_lately, _days = profile.labels_since(now, 7)
    known, frauds, days = profile.labels_since(now, 30)
    return (
        _rate(known_lately, frauds_lately),
        _rate(known, frauds),
        _rate(profile.known, profile.frauds),
        min(profile.frauds, FRAUDS_MAX),
        profile.latest[-LATEST:].count("1"),
        (now - profile.last_fraud_at) // 86_400 if profile.frauds else None,
        days if frauds else None,
    )


@lru_cache(maxsize=65_536)
def _rate(known: int, frauds: int) -> float | None:
    return round(smoothed(frauds, known), 4) if known else None
