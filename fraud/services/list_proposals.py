"""What somebody wants on the lists, read and judged before anything is written."""

import ipaddress
from datetime import datetime
from uuid import UUID

from django.conf import settings

from core.errors import Invalid
from fraud import list_values
from fraud.list_values import ListValue
from fraud.models import Assessment, BlacklistEntry
from fraud.models.blacklist import Effect

OF_A_PAYMENT = ("card", "device", "email")


def proposed(
    *,
    kind: str,
    value: str,
    effect: str,
    reason: str,
    until: datetime | None,
    now: datetime,
    own_address: str = "",
    key: str = "",
) -> BlacklistEntry:
    """The entry as a person says it, not saved. Raises Invalid with all that is wrong with it, field by field."""
    wrong: dict[str, list[str]] = {}
    found, why = None, ""
    if effect not in Effect.values:
        wrong["effect"] = ["Choose stop, review or let through."]
    try:
        found = (
            list_values.exported(kind, value, key)
            if key
            else read(kind=kind, value=value, own_address=own_address)
        )
    except Invalid as refusal:
        wrong |= refusal.fields
    try:
        why = list_values.reason(reason)
    except Invalid as refusal:
        wrong |= refusal.fields
    try:
        list_values.end(until, now)
    except Invalid as refusal:
        wrong |= refusal.fields
    if wrong or found is None:
        raise Invalid(fields=wrong)
    return BlacklistEntry(
        kind=found.kind,
        effect=effect,
        digest=found.digest,
        exact=found.exact,
        network=found.network,
        shown=found.shown,
        reason=why,
        since=now,
        until=until,
    )


def read(*, kind: str, value: str, own_address: str = "") -> ListValue:
    """The value as it will be matched. For a card or device it may be the identifier of a payment made with it.

    Raises Invalid with a sentence for what is none of its kind, too wide, or ours.
    """
    payment_id = _payment_id(value) if kind in OF_A_PAYMENT else None
    found = _of_payment(kind, payment_id) if payment_id else list_values.read(kind, value)
    _refuse_own(found, value, own_address)
    return found


def _payment_id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _of_payment(kind: str, payment_id: UUID) -> ListValue:
    """The key that the payment's latest judgement kept; the plain value is known to nobody any more."""
    judged = Assessment.objects.filter(payment_id=payment_id).order_by("-assessed_at").first()
    digest = judged.keys.get(kind, "") if judged else ""
    if judged is None or not digest:
        raise list_values.refused(f"No {kind} is known for that payment.")
    return ListValue(kind, digest, _shown(kind, digest, judged))


def _shown(kind: str, digest: str, judged: Assessment) -> str:
    card = judged.card or {}
    if kind == "card" and card.get("last4"):
        return f"{str(card.get('brand') or 'card').capitalize()} ···{card['last4']}"
    if kind == "device":
        return list_values.device_shown(digest)
    return f"{kind.capitalize()} of payment {str(judged.payment_id)[-12:]}"


def _refuse_own(found: ListValue, value: str, own_address: str) -> None:
    """Nobody shuts the office out by a slip of the finger."""
    if found.network is not None:
        network = ipaddress.ip_network(found.network)
        if any(network.overlaps(each) for each in _own_networks(network.version)):
            raise list_values.refused("That is the office’s own connection.")
        plain = list_values.plain_address(own_address)
        if plain and ipaddress.ip_address(plain) in network:
            raise list_values.refused("That is the connection you are using now.")
    domain = value.strip().casefold().rpartition("@")[2]
    if found.kind in ("email", "email_domain") and domain in _own_domains():
        raise list_values.refused(f"{domain} is our own.")


def _own_networks(version: int) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    networks = [ipaddress.ip_network(each, strict=False) for each in settings.OFFICE_NETWORKS]
    return [each for each in networks if each.version == version]


def _own_domains() -> set[str]:
    sender = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ").casefold()
    return {sender} - {""}
