"""How often this mailbox and this internet address tried to pay of late, and were refused.

A second and third card after a refusal is what honest people do, so points begin with the third
earlier try. Offices and schools share one address, so that an address alone must never send
anybody to review: base and its largest points together stay under the band (a system check and a
test hold it).
"""

from fraud.history import windows
from fraud.history.facts import Facts
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.risk_signals.reading import tries_in_words
from fraud.subject import Subject

STAGES = ("before", "after")
FACTORS = (
    Factor("email_tries_1h", "Many tries with one email address", ((3, 8), (5, 22), (8, 35))),
    Factor("email_refused_24h", "Refused often with one email address", ((3, 8), (5, 20))),
    Factor("address_tries_1h", "Many tries from one connection", ((10, 6), (20, 12))),
    Factor("address_refused_24h", "Refused often on one connection", ((5, 8), (10, 18))),
)
WHERE = {"email": "with this email address", "address": "from this connection"}
ADDRESS = tuple(factor for factor in FACTORS if factor.name.startswith("address_"))


def values(subject: Subject, facts: Facts) -> Values:
    found: Values = {}
    for kind in WHERE:
        tries, refused = _seen(kind, facts)
        found[f"{kind}_tries_1h"] = tries
        found[f"{kind}_refused_24h"] = refused
    return found


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    kind = name.partition("_")[0]
    tries, refused = _seen(kind, facts)
    if tries is None or refused is None:
        return "Not known"
    return tries_in_words(tries, refused, WHERE[kind])


def _seen(kind: str, facts: Facts) -> tuple[int | None, int | None]:
    profile = facts.profile(kind)
    if profile is None:
        return None, None
    found = profile.counts(facts.now, facts.own)
    day = found[windows.DAY]
    refused = day[windows.DECLINED - 1] + day[windows.BLOCKED - 1]
    return found[windows.HOUR][windows.TRIES - 1], refused
