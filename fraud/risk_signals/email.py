"""The mail addresses: the customer's, and those of the people who come.

A throw-away address is strong, the rest is weak: firms book from shared mailboxes, and one person may give
their own address for everybody.
"""

from fraud import mail_names, normalising
from fraud.history.facts import Facts
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject

STAGES = ("before", "after")
LISTED = "listed"
FACTORS = (
    Factor("disposable_email", "Throw-away address", values={LISTED: 30}),
    Factor("email_lookalike", "Not the mail provider it looks like", values={"slip": 2, "disguise": 15}, adverse="none"),
    Factor("email_role", "A shared mailbox", values={"role": 1}),
    Factor("email_oddities", "An address like random keys", ((2, 4), (3, 7))),
    Factor("email_days", "An address that we know", ((7, -1), (30, -3), (180, -5)), adverse="less"),
    Factor("attendees_disposable", "Attendees with throw-away addresses", ((1, 6), (2, 10))),
    Factor("attendees_share", "One address for all who come", values={"one": 2}, adverse="none"),
)  # fmt: skip
WORDS = {
    ("disposable_email", "no"): "Not a throw-away address",
    ("email_lookalike", "no"): "Not made to look like another provider",
    ("email_role", "role"): "A mailbox of a function, not of a person",
    ("email_role", "no"): "A person’s mailbox, or a firm’s that says so",
    ("attendees_share", "one"): "All who come have the same address",
    ("attendees_share", "no"): "Those who come have their own addresses",
}
COUNTED = {
    "email_oddities": "{0} of 4 marks of an address typed at random",
    "email_days": "First seen {0} day{1} ago",
    "attendees_disposable": "{0} attendee{1} with a throw-away address",
}
SHARED_FROM = 3
DAY = 86_400


def values(subject: Subject, facts: Facts) -> Values:
    return {**_customer(subject, facts), **_attendees(subject)}


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    if value is None:
        return "A new address" if name == "email_days" else "There is no email address to look at"
    domain = normalising.typed_domain(subject.email)
    match name:
        case "disposable_email" if value == LISTED:
            return f"{mail_names.throw_away(domain)} gives out throw-away addresses"
        case "email_lookalike" if value != "no":
            return _resemblance(domain, str(value))
    if isinstance(value, str):
        return WORDS[name, value]
    return COUNTED[name].format(int(value), "" if value == 1 else "s")


def _customer(subject: Subject, facts: Facts) -> Values:
    local, at, _ = subject.email.strip().casefold().rpartition("@")
    domain = normalising.typed_domain(subject.email)
    if not at or not domain:
        return dict.fromkeys(
            ("disposable_email", "email_lookalike", "email_role", "email_oddities", "email_days")
        )
    profile = facts.profile("email")
    age = profile.age(facts.now, facts.own) if profile else None
    return {
        "disposable_email": LISTED if mail_names.throw_away(domain) else "no",
        "email_lookalike": mail_names.looks_like(domain)[0] or "no",
        "email_role": "role" if mail_names.is_role(local) and not subject.company else "no",
        "email_oddities": mail_names.oddities(local),
        "email_days": None if age is None else age // DAY,
    }


def _attendees(subject: Subject) -> Values:
    """The customer's own address among them says nothing new."""
    addresses = [normalising.mailbox(each) for each in subject.attendee_emails if each]
    if not addresses:
        return {"attendees_disposable": None, "attendees_share": None}
    own = normalising.mailbox(subject.email)
    domains = [normalising.typed_domain(each) for each in {*addresses} - {own}]
    many = len(addresses) >= SHARED_FROM
    return {
        "attendees_disposable": sum(bool(mail_names.throw_away(each)) for each in domains),
        "attendees_share": "one" if many and len({*addresses}) == 1 else "no",
    }


def _resemblance(domain: str, value: str) -> str:
    provider = mail_names.looks_like(domain)[1]
    if value == "disguise":
        return f"{domain} is drawn to look like {provider}"
    return f"{domain} is one letter from {provider}, perhaps a slip"
