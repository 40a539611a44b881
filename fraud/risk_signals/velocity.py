"""How often each key tried to pay, was refused, spent, and met other keys, over 1 h to all time.

The present payment is left out, distinct counts stop at 25. A second and third card after a refusal
is what honest people do, so points begin with the third earlier try; and what was paid weighs for the
payer: an HR manager who books for everybody in one morning is no tester. Offices and schools share one
address: an address alone never sends anybody to review (a system check and a test hold it).
"""

from collections.abc import Sequence

from core import formats
from fraud.history.facts import Facts
from fraud.history.profile import Profile
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import BOOKING, Subject

STAGES = ("before", "after")
KINDS = ("email", "customer", "card", "device", "address", "network")
WINDOWS = ("1h", "24h", "7d", "30d", "all")
IN_WORDS = {"1h": "an hour", "24h": "a day", "7d": "a week", "30d": "30 days", "all": "all time"}
WHO = {
    "email": "with this email address",
    "customer": "by this customer",
    "card": "with this card",
    "device": "on this device",
    "address": "from this connection",
    "network": "from this network",
}
# The other keys that are worth counting; a device's own are with the device's signal.
MET = {
    "email": ("card", "device", "address", "booking"),
    "customer": ("card", "device", "booking"),
    "card": ("email", "device", "customer", "booking"),
    "device": ("booking",),
    "address": ("card", "email", "booking"),
    "network": ("email", "booking"),
}
PLURAL = {
    "card": "cards",
    "device": "devices",
    "address": "connections",
    "email": "email addresses",
    "customer": "customers",
    "booking": "bookings",
}
DAY, MONTH = 86_400, 30 * 86_400
SHIPPED: dict[str, tuple[tuple[float, float], ...]] = {
    "email_tries_1h": ((3, 4), (5, 8), (8, 14), (12, 20)),
    "email_refused_24h": ((3, 8), (5, 20)),
    "card_tries_1h": ((5, 3), (10, 5)),
    "card_refused_24h": ((4, 6), (6, 14)),
    "device_tries_1h": ((7, 6), (12, 12)),
    "device_refused_24h": ((4, 6), (6, 14)),
    "address_tries_1h": ((10, 6), (20, 12)),
    "address_refused_24h": ((5, 8), (10, 18)),
    "email_card_24h": ((2, 4), (3, 10), (5, 18)),
    "card_email_30d": ((3, 4), (6, 6)),
    "email_paid_all": ((2, -4), (5, -10), (10, -15)),
    "card_paid_all": ((2, -4), (5, -8), (10, -12)),
}


def _factors() -> tuple[Factor, ...]:
    made = []
    for kind in KINDS:
        who = WHO[kind]
        for window in WINDOWS[:4]:
            made.append(_factor(f"{kind}_tries_{window}", f"Tries {who} in {IN_WORDS[window]}"))
        made.append(_factor(f"{kind}_refused_24h", f"Refused {who} in a day"))
        made.append(_factor(f"{kind}_refused_30d", f"Refused {who} in 30 days"))
        made.append(_factor(f"{kind}_amount_24h", f"Money asked for {who} in a day"))
        made.append(_factor(f"{kind}_amount_7d", f"Money asked for {who} in a week"))
        made.append(_factor(f"{kind}_paid_all", f"Earlier payments {who}", "less"))
        made.append(_factor(f"{kind}_age", f"First seen {who}", "less"))
        made.append(_factor(f"{kind}_gap", f"Time since the last try {who}", "less"))
        for other in MET[kind]:
            for window in ("24h", "30d"):
                title = f"{PLURAL[other].capitalize()} {who} in {IN_WORDS[window]}"
                made.append(_factor(f"{kind}_{other}_{window}", title, beside=other))
    return tuple(made)


def _factor(name: str, title: str, adverse: str = "more", beside: str = "") -> Factor:
    kind = name.partition("_")[0]
    return Factor(name, title, SHIPPED.get(name, ()), adverse=adverse, of=kind, beside=beside)


FACTORS = _factors()
UNKNOWN: Values = {factor.name: None for factor in FACTORS}
# What is seen of a kind that the payment lacks, and of a key that was never seen.
NONE_OF = {kind: [None for each in FACTORS if each.of == kind] for kind in KINDS}
NEW_OF = {
    kind: [
        None if each.name in (f"{kind}_age", f"{kind}_gap") else 0
        for each in FACTORS
        if each.of == kind
    ]
    for kind in KINDS
}
# A payment whose booking is not known tells nothing of other bookings.
WITHOUT_BOOKING: Values = {each.name: None for each in FACTORS if each.beside == BOOKING}
ADDRESS = tuple(each for each in FACTORS if each.name.startswith(("address_", "network_")))


def values(subject: Subject, facts: Facts) -> Values:
    seen: list[Value] = []
    for kind in KINDS:
        profile = facts.profiles.get(kind)
        seen += NONE_OF[kind] if profile is None else _seen(profile, kind, facts)
    found: Values = dict(zip(UNKNOWN, seen, strict=True))
    return found if BOOKING in facts.keys else found | WITHOUT_BOOKING


def _seen(profile: Profile, kind: str, facts: Facts) -> Sequence[Value]:
    if profile.is_blank:
        return NEW_OF[kind]
    now, own = facts.now, facts.own
    hour, day, week, month, ever = profile.counts(now, own)
    seen: list[Value] = [
        hour[0], day[0], week[0], month[0],
        day[1] + day[2], month[1] + month[2], day[4], week[4], ever[3],
        profile.age(now, own), profile.since_last(now, own),
    ]  # fmt: skip
    for other in MET[kind]:
        seen += profile.others_since(other, facts.keys.get(other, ""), (now - DAY, now - MONTH))
    return seen


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    if value is None:
        return "Not known"
    kind, what, *rest = name.split("_")
    who, count = WHO[kind], int(float(value))
    within = f"in {IN_WORDS[rest[0]]}" if rest else ""
    words = {
        "age": f"First seen {_duration(count)} ago {who}",
        "gap": f"The last try was {_duration(count)} ago {who}",
        "tries": f"{formats.counted(count, 'earlier try', 'earlier tries')} {within} {who}",
        "refused": f"Refused {formats.counted(count, 'time')} {within} {who}",
        "amount": f"{formats.money(count)} asked for {within} {who}",
        "paid": f"{formats.counted(count, 'earlier payment')} {who}",
    }
    if what in words:
        return words[what]
    other = formats.counted(count, f"other {_one(what)}", f"other {PLURAL[what]}")
    return f"{other} {within} {who}"


def _one(kind: str) -> str:
    return {"email": "email address", "address": "connection"}.get(kind, kind)


def _duration(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return formats.counted(seconds // size, word)
    return formats.counted(seconds, "second")
