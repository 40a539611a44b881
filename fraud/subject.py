"""What one assessment looks at: plain values in, nothing queried, nothing from HTTP or Stripe.

`Subject` comes from whoever asks; `Facts` is what our own history knows about its keys.
"""

import ipaddress
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from core.crypto.index import blind_index


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the gateway told us of the card; an empty string or None means that it did not say."""

    brand: str = ""
    country: str = ""
    funding: str = ""
    last4: str = ""
    fingerprint: str = ""
    cvc_check: str = ""
    postcode_check: str = ""
    three_d_secure: str = ""
    risk_score: int | None = None
    risk_level: str = ""
    radar_outcome: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """One try to pay, at one of the two moments it is judged (`stage`: before, after)."""

    payment_id: str
    stage: str
    amount_minor: int
    currency: str
    places: int
    course: str
    starts_at: datetime
    now: datetime
    email: str
    attendee_emails: tuple[str, ...] = ()
    phone: str = ""
    address: str = ""
    device: str = ""
    card: CardFacts | None = None
    billing_country: str = ""
    customer_id: str = ""
    seconds_on_form: int | None = None


@dataclass(frozen=True, slots=True)
class Tries:
    """How often one key was seen, the present payment left out."""

    tries_hour: int = 0
    refused_day: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """`tries` by kind of key (a key the subject does not have is absent, which is not zero);
    `course_amounts` are the latest payments taken for the course, in minor units."""

    tries: dict[str, Tries] = field(default_factory=dict)
    course_amounts: tuple[int, ...] = ()


def keys(subject: Subject) -> dict[str, str]:
    """The subject's keys as keyed digests, by kind; what the subject lacks has no key."""
    plain = {
        "email": normal_email(subject.email),
        "address": normal_address(subject.address),
        "device": subject.device,
        "card": subject.card.fingerprint if subject.card else "",
    }
    return {kind: blind_index(value, f"fraud.{kind}") for kind, value in plain.items() if value}


def normal_email(email: str) -> str:
    """One form for one mailbox, for counting only: mail is sent to the address as it was typed."""
    local, at, domain = unicodedata.normalize("NFKC", email).strip().casefold().rpartition("@")
    if not at or not local:
        return ""
    local = local.split("+", 1)[0] or local
    domain = domain.rstrip(".")
    if domain == "googlemail.com":
        domain = "gmail.com"
    if domain == "gmail.com":
        local = local.replace(".", "")
    return f"{local}@{domain}"


def normal_address(address: str) -> str:
    """An IPv4 address as it is, an IPv6 one as its /64: one household or phone holds a whole /64."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if parsed.version == 6:
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
