"""Whether the mailbox is of a service for throw-away addresses, by the kept public list.

The list names registrable domains; whatever lies below one of them belongs to it.
"""

from disposable_email_domains import allowlist, blocklist

from fraud.risk_signals.reading import Reading
from fraud.subject import Facts, Subject

STAGES = ("before", "after")
POINTS = 30


def read(subject: Subject, facts: Facts) -> list[Reading]:
    domain = domain_of(subject.email)
    if not domain:
        return [Reading("disposable_email", None, 0, "There is no email address to look up")]
    listed = listed_as(domain)
    if listed:
        evidence = f"{listed} gives out throw-away addresses"
        return [Reading("disposable_email", listed, POINTS, evidence)]
    return [Reading("disposable_email", "", 0, "Not a throw-away address")]


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
