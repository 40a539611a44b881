"""Where a payment's parts are, as far as is known, with a point for the map. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime

from fraud import geography
from fraud.geography import countries


@dataclass(frozen=True, slots=True)
class Spot:
    """`kind` is card, connection or billing; `note` says more of it."""

    kind: str
    country: str
    name: str
    note: str
    latitude: float
    longitude: float


NETWORKS = {
    "hosting": "Hosting company, not a home",
    "anonymiser": "Hides where it comes from",
}


def spots(*, card_country: str, address: str, billing_country: str) -> list[Spot]:
    """Those of the three whose country is known, in this order."""
    connection = _connection(address)
    parts = (
        ("card", card_country, ""),
        ("connection", connection.country, NETWORKS.get(connection.network, "")),
        ("billing", billing_country, ""),
    )
    found = (_spot(kind, country.upper(), note) for kind, country, note in parts if country)
    return [each for each in found if each is not None]


def source(*, now: datetime) -> geography.Source | None:
    """Whose countries these are, which their licence wants to be said; None when the file can't be read."""
    try:
        return geography.source(now=now)
    except (OSError, RuntimeError):
        return None


def _connection(address: str) -> geography.Connection:
    """A data file that can't be read leaves the map without this point; `checks` tells operations."""
    try:
        return geography.look_up(address)
    except (OSError, RuntimeError):
        return geography.Connection()


def _spot(kind: str, code: str, note: str) -> Spot | None:
    point = countries.point_of(code)
    if point is None:
        return None
    name = geography.country_name(code).removeprefix("the ")
    return Spot(kind, code, name, note, *point)
