"""The lists: what people, and confirmed frauds, have said about this payment's values.

A person's entry may stop a payment; one that came by itself asks for a person at most. What is let
through is let through whatever the score, but never past the card-testing lock, and an entry that
lets through ends no stop of the payer's own values: only of what many share, a domain or a network.
"""

from fraud.history.facts import Facts, ListHit
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject

STAGES = ("before", "after")
FACTORS = (
    Factor(
        "list",
        "On the blacklist",
        adverse="none",
        rules={"block": "block", "review": "review", "allow": "allow"},
    ),
)
SHARED = frozenset({"email_domain", "connection"})
NAMES = {
    "email": "email address",
    "email_domain": "email domain",
    "card": "card",
    "device": "device",
    "connection": "connection",
    "phone": "phone number",
}
WORDS = {
    "block": "Somebody put this {name} on the blacklist: {reason}",
    "review": "This {name} is on the list to be checked: {reason}",
    "allow": "Somebody said to let this {name} through: {reason}",
}


def values(subject: Subject, facts: Facts) -> Values:
    if "lists" in facts.unknown:
        return {"list": None}
    return {"list": deciding(facts.list_hits)[0] if facts.list_hits else "none"}


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    if value is None:
        return "The lists could not be read"
    effect, hit = deciding(facts.list_hits)
    if hit is None:
        return "On none of the lists"
    words = WORDS[effect].format(name=NAMES[hit.kind], reason=hit.reason)
    more = len(facts.list_hits) - 1
    return f"{words}, and {more} more" if more else words


def deciding(hits: tuple[ListHit, ...]) -> tuple[str, ListHit | None]:
    """The effect of all hits together, and the one that has it."""
    stops = [hit for hit in hits if hit.effect == "block" and hit.source == "person"]
    allows = [hit for hit in hits if hit.effect == "allow"]
    own = [hit for hit in stops if hit.kind not in SHARED]
    for effect, those in (("block", own), ("allow", allows), ("block", stops), ("review", hits)):
        if those:
            return effect, those[0]
    return "none", None
