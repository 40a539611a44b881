"""The lock against trying out cards, apart from all points: it closes, it does not weigh.

A device or an email address is closed for an hour after 5 declines or 3 different declined cards. A
connection is shared, so it is closed only for the devices that took part with more than one decline
(an honest buyer may try another card), for tries without a device, and, when the declines came from three or more devices of which none ever paid and the
connection was declined more often than it paid within a day, for every device that never paid.
Anybody else there is asked for 3-D Secure, so that the colleague in the same office passes.

While the whole site's alarm lasts (`fraud.site_alarm`), devices that never paid here are asked for 3-D Secure,
and nothing more: it locks nobody out.
"""

from core import formats
from fraud.history import windows
from fraud.history.facts import Facts
from fraud.history.profile import Profile
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject

STAGES = ("before", "after")
DECLINES, CARDS, HOUR_SECONDS = 5, 3, 3600
TOOK_PART, DEVICES_ROTATED = 2, 3
LOCKED_DEVICE, LOCKED_EMAIL, LOCKED_ADDRESS = "device", "email", "connection"
ASK, CALM = "ask", "calm"
NEWCOMER = "newcomer"
FACTORS = (
    Factor(
        "card_testing",
        "Cards are being tried out",
        values={LOCKED_DEVICE: 60, LOCKED_EMAIL: 60, LOCKED_ADDRESS: 60},
        rules={
            LOCKED_DEVICE: "block",
            LOCKED_EMAIL: "block",
            LOCKED_ADDRESS: "block",
            ASK: "ask",
        },
    ),
    Factor(
        "site_alarm",
        "Cards are being tried out over the whole site",
        adverse="none",
        rules={NEWCOMER: "ask"},
    ),
)
WHERE = {
    LOCKED_DEVICE: ("device", "on this device"),
    LOCKED_EMAIL: ("email", "with this email address"),
    LOCKED_ADDRESS: ("address", "from this connection"),
    ASK: ("address", "from this connection, but not by this device"),
}


def values(subject: Subject, facts: Facts) -> Values:
    return {"card_testing": _lock(facts), "site_alarm": _alarm(facts)}


def _alarm(facts: Facts) -> str:
    """What the alarm says of this device: one that paid here before is not meant."""
    device = facts.profiles.get("device")
    has_paid = device is not None and device.counts(facts.now, facts.own)[-1][windows.PAID - 1]
    return NEWCOMER if facts.site_alarm and not has_paid else CALM


def _lock(facts: Facts) -> str | None:
    known = [facts.profiles.get(kind) for kind in ("device", "email", "address")]
    device, email, address = known
    if not any(known):
        return None
    if device is not None and _is_hot(device, facts):
        return LOCKED_DEVICE
    if email is not None and _is_hot(email, facts):
        return LOCKED_EMAIL
    if address is not None and _is_hot(address, facts):
        closed = _closed_for(device, address, facts)
        return LOCKED_ADDRESS if closed else ASK
    return CALM


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    if value == NEWCOMER:
        return "Many cards are being declined all over the site, and this device never paid here"
    if value is None or value == CALM:
        return "No sign of cards being tried out"
    kind, where = WHERE[str(value)]
    profile = facts.profiles[kind]
    declines, cards = _declines(profile, facts), _cards(profile, facts)
    seen = formats.counted(declines, "decline")
    return f"{seen} and {formats.counted(cards, 'declined card')} within an hour {where}"


def _is_hot(profile: Profile, facts: Facts) -> bool:
    if not profile.total[windows.DECLINED - 1]:
        return False
    return _declines(profile, facts) >= DECLINES or _cards(profile, facts) >= CARDS


def _closed_for(device: Profile | None, address: Profile, facts: Facts) -> bool:
    mine = facts.keys.get("device")
    if device is None or not mine:
        return True
    since = facts.now - HOUR_SECONDS
    declined = [link for link in address.met("device") if link[2] >= since]
    if _declines(device, facts) >= TOOK_PART:
        return True
    day = address.counts(facts.now, facts.own)[windows.DAY]
    rotated = len(declined) >= DEVICES_ROTATED and not any(link[3] for link in declined)
    busy = day[windows.PAID - 1] < day[windows.DECLINED - 1]
    return rotated and busy and not device.total[windows.PAID - 1]


def _declines(profile: Profile, facts: Facts) -> int:
    return profile.counts(facts.now, facts.own)[windows.HOUR][windows.DECLINED - 1]


def _cards(profile: Profile, facts: Facts) -> int:
    return profile.others("card", "", facts.now - HOUR_SECONDS, seen_as=2)
