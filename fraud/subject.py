"""What one assessment looks at: plain values in, nothing queried, nothing from HTTP or Stripe."""

from dataclasses import dataclass
from datetime import datetime

from core.crypto.index import blind_index
from fraud.normalising import address as normal_address
from fraud.normalising import mailbox as normal_email
from fraud.normalising import network as network_of
from fraud.normalising import public_address
from fraud.normalising import region as region_of


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
    """One try to pay, at one of the two moments it is judged (`stage`: before, after).

    `device` is our own signed cookie, `fingerprint` what the browser looks like: strong and weak.
    `billing_region` is what `region_of` makes of the bill's address.
    """

    payment_id: str
    stage: str
    amount_minor: int
    currency: str
    places: int
    course: str
    starts_at: datetime | None
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
    fingerprint: str = ""
    user_agent: str = ""
    webdriver: bool | None = None
    company: bool = False
    venue_country: str = "GB"
    billing_region: str = ""
    booking_id: str = ""


# The keys of one payment, by kind. `browser` is what the browser looks like together with where it is: neither
# alone tells one machine from another of its kind. `network` is wider than `address`, `course` and `segment` say
# what is bought, `site` is everybody. Of a `booking` nothing is remembered but whom it was seen with.
KINDS = (
    "email", "domain", "customer", "card", "buyer", "device", "browser", "address", "network", "phone",
    "region", "course", "segment", "site",
)  # fmt: skip
BOOKING = "booking"


def keys(subject: Subject) -> dict[str, str]:
    """The subject's keys as keyed digests, by kind; what the subject lacks has no key."""
    return {
        kind: blind_index(value, f"fraud.{kind}")
        for kind, value in plain_keys(subject).items()
        if value
    }


def plain_keys(subject: Subject) -> dict[str, str]:
    email, network = normal_email(subject.email), network_of(subject.address)
    return {
        "email": email,
        "domain": email.rpartition("@")[2],
        "customer": subject.customer_id,
        "card": subject.card.fingerprint if subject.card else "",
        "buyer": buyer_of(subject, email),
        "device": subject.device,
        "address": normal_address(subject.address),
        "browser": _browser(subject, network),
        "network": network,
        "phone": "".join(each for each in subject.phone if each.isdigit())[-10:],
        "region": f"{subject.billing_country} {subject.billing_region}".strip(),
        "course": subject.course,
        "segment": f"{subject.currency} {segment_of(subject.places)}",
        "site": "site",
        BOOKING: subject.booking_id,
    }


def _browser(subject: Subject, network: str) -> str:
    """Nothing for a connection from within: there `network` is everybody's."""
    known = subject.fingerprint and public_address(subject.address)
    return f"{subject.fingerprint} {network}" if known else ""


def buyer_of(subject: Subject, email: str) -> str:
    """One card in one hand: the card with its mailbox and billing region. Where cards are known
    only roughly, this tells people apart; "" without a card or anything beside it."""
    card = subject.card.fingerprint if subject.card else ""
    beside = f"{email} {subject.billing_country} {subject.billing_region}".strip()
    return f"{card} {beside}" if card and beside else ""


def segment_of(places: int) -> str:
    """Private people book one place, small firms a few, large ones a whole course."""
    return "one" if places <= 1 else "few" if places <= 5 else "many"


__all__ = [
    "BOOKING",
    "KINDS",
    "CardFacts",
    "Subject",
    "keys",
    "network_of",
    "normal_address",
    "normal_email",
    "plain_keys",
    "region_of",
    "segment_of",
]
