"""Whether the mailbox is of a service for throw-away addresses, by the kept public list.

The list names registrable domains; whatever lies below one of them belongs to it.
"""

from disposable_email_domains import allowlist, blocklist

from fraud.history.facts import Facts
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject

STAGES = ("before", "after")
LISTED = "listed"
FACTORS = (Factor("disposable_email", "Throw-away address", values={LISTED: 30}),)


def values(subject: Subject, facts: Facts) -> Values:
    domain = domain_of(subject.email)
    if not domain:
        return {"disposable_email": None}
    return {"disposable_email": LISTED if listed_as(domain) else "no"}


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    listed = listed_as(domain_of(subject.email))
    return f"{listed} gives out throw-away addresses" if listed else "Not a throw-away address"


def domain_of(email: str) -> str:
    """The domain in the form the list has: lower case, ASCII, no trailing dot."""
    domain = email.strip().rpartition("@")[2].casefold().rstrip(".") if "@" in email else ""
    try:
        return domain.encode("idna").decode() if domain else ""
    except UnicodeError:
        return domain


def listed_as(domain: str) -> str:
    """The listed domain that `domain` is or lies below, or ""; an allowed one below it wins."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        candidate = ".".join(labels[start:])
        if candidate in allowlist:
            return ""
        if candidate in blocklist:
            return candidate
    return ""
