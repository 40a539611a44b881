"""What may stand on the lists: how a value of each kind is read, matched and shown. Pure.

The digests are those of `subject.keys`, so that an entry meets the payments that carry its value.
"""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from core import formats
from core.crypto.index import blind_index
from core.errors import Invalid
from fraud import normalising, subject
from fraud.mail_names import GENUINE
from fraud.subject import Subject

# Of each kind of entry, the kind of key that payments carry for it.
KEY_OF = {
    "email": "email",
    "email_domain": "domain",
    "card": "card",
    "device": "device",
    "phone": "phone",
}
PERSONAL_KINDS = ("email", "card", "device", "phone")
EXPORTED = re.compile(r"[0-9a-f]{64}([0-9a-f]{64})?\Z")
EMAIL_LENGTH_MAX, REASON_LENGTH_MAX = 254, 200
WIDEST = {4: 16, 6: 32}
HOUSEHOLD = {4: 32, 6: 64}
MAILBOX = re.compile(r"[^\s@\"(),:;<>\[\]\\]{1,64}\Z")
DOMAIN = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z"
)
MARK = re.compile(r"[A-Za-z0-9_-]{6,64}\Z")
PHONE = re.compile(r"[\d\s()+./-]+\Z")
CARD_NUMBER = re.compile(r"(\d[ -]?){12,19}\Z")
PERSONAL = re.compile(r"\S@\S|(\d[ -]?){9,}")
SECOND_LEVELS = frozenset(
    {"ac", "co", "com", "edu", "gov", "ltd", "me", "net", "nhs", "org", "plc", "sch"}
)
MORE_PUBLIC_LISTED = """
    126.com 163.com aim.com duck.com gmx.at gmx.ch gmx.co.uk gmx.us hey.com hushmail.com inbox.com
    keemail.me laposte.net libero.it list.ru lycos.com mail.com mail.de mailbox.org naver.com
    o2.co.uk o2.pl onet.pl optonline.net orange.fr outlook.com outlook.com.br pm.me posteo.de
    privaterelay.appleid.com protonmail.ch proton.me qq.com rediffmail.com seznam.cz sfr.fr
    t-online.de tiscali.co.uk tuta.com tutanota.com verizon.net wanadoo.fr web.de wp.pl yandex.com
    yandex.ru zoho.com plus.net plusnet.com freeserve.co.uk tesco.net hotmail.nl att.net cox.net
    sbcglobal.net bellsouth.net charter.net shaw.ca rogers.com bigpond.com optusnet.com.au
"""
PUBLIC = frozenset(GENUINE) | frozenset(MORE_PUBLIC_LISTED.split())
PUBLIC_FAMILY = re.compile(
    r"(gmail|googlemail|yahoo|ymail|hotmail|outlook|live|msn|gmx|yandex)\.[a-z.]{2,6}\Z"
)


@dataclass(frozen=True, slots=True)
class ListValue:
    """`digest` matches, `exact` narrows an e-mail address, `network` is a connection's; `shown` is for the eye."""

    kind: str
    digest: str
    shown: str
    exact: str = ""
    network: str | None = None


def read(kind: str, text: str) -> ListValue:
    """The value as it is matched. Raises Invalid, with a sentence on `value`, for what is none of its kind."""
    text = unicodedata.normalize("NFKC", text).strip()
    if kind not in READERS:
        raise Invalid(fields={"kind": ["Choose what to put on the list."]})
    if not text:
        raise refused("Enter a value.")
    return READERS[kind](text)


def exported(kind: str, shown: str, key: str) -> ListValue:
    """A personal value as an export of this installation carries it: its digests, and what was shown."""
    if kind not in PERSONAL_KINDS or not EXPORTED.match(key):
        raise refused("The column key is not one of our exports: leave it empty.")
    return ListValue(kind, key[:64], shown[:100] or "Imported", exact=key[64:])


def digest(kind: str, value: str) -> str:
    return blind_index(value, f"fraud.{KEY_OF.get(kind, kind)}")


def reason(text: str) -> str:
    """One line that says why, with nothing personal in it: it is kept for good, in the audit trail too."""
    text = " ".join(text.split())
    if not text:
        raise Invalid(fields={"reason": ["Say why."]})
    if len(text) > REASON_LENGTH_MAX:
        raise Invalid(fields={"reason": [f"Use at most {REASON_LENGTH_MAX} characters."]})
    if PERSONAL.search(text):
        raise Invalid(
            fields={
                "reason": [
                    "Leave email addresses and long numbers out: the reason is kept for good."
                ]
            }
        )
    return text


def end(until: datetime | None, now: datetime) -> datetime | None:
    if until is not None and until <= now:
        raise Invalid(fields={"until": ["Choose a day that is still to come."]})
    return until


def end_of(day: date | None) -> datetime | None:
    """The end of that day in the UK."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=formats.UK)


def last_day(until: datetime | None) -> date | None:
    """The last day, whole or in part, before that moment."""
    return formats.local_date(until - timedelta(seconds=1)) if until else None


def lookup(asked: Subject) -> dict[str, Any]:
    """What one payment may be listed by, as the look-up's parameters."""
    plain = subject.plain_keys(asked)
    digests = [digest(kind, plain[key]) for kind, key in KEY_OF.items() if plain.get(key)]
    digests += [digest("email_domain", each) for each in wider_domains(plain.get("domain", ""))]
    typed = normalising.typed_domain(asked.email)
    if typed and typed != plain.get("domain"):
        digests += [digest("email_domain", each) for each in (typed, *wider_domains(typed))]
    return {
        "list_digests": digests,
        "list_exact": exact_mailbox(asked.email),
        "list_address": plain_address(asked.address),
    }


def wider_domains(domain: str) -> list[str]:
    """An entry for example.com counts for mail.example.com too."""
    parts = domain.split(".")
    return [".".join(parts[start:]) for start in range(1, len(parts) - 1)]


def exact_mailbox(email: str) -> str:
    mailbox = normalising.mailbox_strict(email)
    return blind_index(mailbox, "fraud.mailbox") if mailbox else ""


def plain_address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address).partition("%")[0]


def refused(words: str) -> Invalid:
    return Invalid(fields={"value": [words]})


def _email(text: str) -> ListValue:
    local, at, domain = text.rpartition("@")
    domain = normalising.typed_domain(text)
    if (
        not at
        or not MAILBOX.match(local)
        or not DOMAIN.match(domain)
        or len(text) > EMAIL_LENGTH_MAX
    ):
        raise refused("Enter an email address, like name@example.com.")
    linked = digest("email", subject.normal_email(text))
    return ListValue("email", linked, f"{local[0]}···@{domain}", exact=exact_mailbox(text))


def _domain(text: str) -> ListValue:
    domain = normalising.typed_domain(f"x@{text.removeprefix('@').rstrip('.')}")
    if not DOMAIN.match(domain):
        raise refused("Enter a domain, like example.com.")
    first, _, rest = domain.partition(".")
    if rest and "." not in rest and first in SECOND_LEVELS:
        raise refused(
            f"{domain} is shared by too many organisations. Enter one domain, like example.co.uk."
        )
    if domain in PUBLIC or PUBLIC_FAMILY.match(domain):
        raise refused(
            f"{domain} is a public mail provider: blocking it whole would stop most customers. Enter single email addresses instead."
        )
    return ListValue("email_domain", digest("email_domain", domain), domain)


def _card(text: str) -> ListValue:
    if CARD_NUMBER.match(text):
        raise refused(
            "Never enter a card number. Enter the card’s fingerprint from Stripe, or a payment’s identifier."
        )
    if not MARK.match(text):
        raise refused(
            "Enter the card’s fingerprint from Stripe, or the identifier of a payment made with it."
        )
    return ListValue("card", digest("card", text), f"Card ···{text[-4:]}")


def _device(text: str) -> ListValue:
    if not MARK.match(text):
        raise refused("Enter the identifier of a payment made on the device.")
    found = digest("device", text)
    return ListValue("device", found, device_shown(found))


def device_shown(found: str) -> str:
    return f"Device {found[:8]}"


def _phone(text: str) -> ListValue:
    number = subject.plain_keys(_with_phone(text))["phone"]
    digits = [each for each in text if each.isdigit()]
    if not PHONE.match(text) or not 7 <= len(digits) <= 15 or len(set(digits)) == 1:
        raise refused("Enter a phone number, like 07700 900461.")
    return ListValue("phone", digest("phone", number), f"···· ···{number[-3:]}")


def _with_phone(text: str) -> Subject:
    """A payment with nothing but this phone number: the number's key has one maker."""
    moment = datetime.fromtimestamp(0).astimezone()
    return Subject(
        payment_id="", stage="before", amount_minor=0, currency="", places=0, course="",
        starts_at=None, now=moment, email="", phone=text,
    )  # fmt: skip


def _connection(text: str) -> ListValue:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise refused(
            "Enter an IP address like 81.2.69.142, or a network like 81.2.69.0/24."
        ) from None
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        network = ipaddress.ip_network((mapped, network.prefixlen - 96)) if mapped else network
    widest, household = WIDEST[network.version], HOUSEHOLD[network.version]
    if network.prefixlen < widest:
        raise refused(
            f"That network is too wide: many thousands share it. /{widest} is the widest."
        )
    if not network.is_global or network.is_multicast:
        raise refused("That is a private or reserved address: no customer comes from there.")
    if network.prefixlen > household:
        network = network.supernet(new_prefix=household)
    plain = str(network)
    shown = str(network.network_address) if network.num_addresses == 1 else plain
    return ListValue("connection", digest("connection", plain), shown, network=plain)


READERS = {
    "email": _email,
    "email_domain": _domain,
    "card": _card,
    "device": _device,
    "connection": _connection,
    "phone": _phone,
}
