"""What an entry would have done in the past days, before anybody saves it."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left

from core import formats
from fraud.list_values import HOUSEHOLD, KEY_OF, ListValue
from fraud.models import Assessment, Outcome
from fraud.models.assessment import DIGEST_KEPT, Stage
from fraud.services import lists
from fraud.subject import blind_index, network_of, normal_address

DAYS = 90
KEYS_MAX = 1024
FRAUD = ("disputed", "refunded_as_fraud", "warned")
STOPPED = ("declined", "blocked")
WOULD = {
    "block": "Would have stopped",
    "review": "Would have held for a person",
    "allow": "Would have let through",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """Payments by what became of them; `known` is False for a network with too many parts to count."""

    shown: str
    days: int
    disputed: int = 0
    declined: int = 0
    paid: int = 0
    unfinished: int = 0
    known: bool = True

    @property
    def bookings(self) -> int:
        return self.disputed + self.declined + self.paid + self.unfinished

    def sentence(self, effect: str = "block") -> str:
        """Would have stopped 3 bookings in 90 days: 2 declined, 1 paid and fine."""
        if not self.known:
            return "This network is too wide to count what it would have done."
        if not self.bookings:
            return f"{WOULD[effect]} no bookings in {self.days} days."
        parts = [
            (self.declined, "declined"),
            (self.disputed, "disputed or returned as fraud"),
            (self.paid, "paid and fine"),
            (self.unfinished, "not finished"),
        ]
        said = ", ".join(f"{number:,} {words}" for number, words in parts if number)
        return f"{WOULD[effect]} {formats.counted(self.bookings, 'booking')} in {self.days} days: {said}."


def preview(
    *, kind: str, value: str, now: datetime, days: int = DAYS, own_address: str = ""
) -> Preview:
    """Writes nothing. Raises Invalid for a value that could not be added either."""
    found = lists.read(kind=kind, value=value, own_address=own_address)
    return of_value(found, now=now, days=days)


def of_value(found: ListValue, *, now: datetime, days: int = DAYS) -> Preview:
    key, digests = _keys(found)
    if digests is None:
        return Preview(found.shown, days, known=False)
    counts = _met(key, digests, now - timedelta(days=days)).aggregate(
        disputed=Count("pk", filter=Q(was_fraud=True)),
        paid=Count("pk", filter=Q(was_fraud=False, was_paid=True)),
        declined=Count("pk", filter=Q(was_fraud=False, was_paid=False, was_stopped=True)),
        unfinished=Count("pk", filter=Q(was_fraud=False, was_paid=False, was_stopped=False)),
    )
    return Preview(found.shown, days, **counts)


def _met(key: str, digests: list[str], since: datetime) -> QuerySet[Assessment]:
    """One row for each payment that carried one of these keys."""
    outcomes = Outcome.objects.filter(payment_id=OuterRef("payment_id"))
    found = Assessment.objects.filter(
        stage=Stage.BEFORE, assessed_at__gt=since, keys__has_key=key
    ).annotate(
        kept=Left(KeyTextTransform(key, "keys"), DIGEST_KEPT), whole=KeyTextTransform(key, "keys")
    )
    return found.filter(
        kept__in=[each[:DIGEST_KEPT] for each in digests], whole__in=digests
    ).annotate(
        was_fraud=Exists(outcomes.filter(kind__in=FRAUD)),
        was_paid=Exists(outcomes.filter(kind="succeeded")),
        was_stopped=Exists(outcomes.filter(kind__in=STOPPED)),
    )


def _keys(found: ListValue) -> tuple[str, list[str] | None]:
    """The kind of key that payments carry, and its digests; None when they are too many."""
    if found.network is None:
        return KEY_OF[found.kind], [found.digest]
    network = ipaddress.ip_network(found.network)
    sample = network_of(str(network.network_address))
    wider = ipaddress.ip_network(sample).prefixlen
    key, prefix, name = "address", HOUSEHOLD[network.version], normal_address
    if network.prefixlen <= wider:
        key, prefix, name = "network", wider, network_of
    if prefix - network.prefixlen > KEYS_MAX.bit_length() - 1:
        return key, None
    parts = network.subnets(new_prefix=prefix)
    return key, [blind_index(name(str(each.network_address)), f"fraud.{key}") for each in parts]
