"""One address looked up: its country, and whether people or machines usually sit behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fraud.geography import database, networks
from fraud.normalising import IPAddress, public_address

# Flags that commercial files carry; ours has none of them, and then our own list of networks speaks alone.
_ANONYMISERS = (
    "is_anonymous_vpn",
    "is_tor_exit_node",
    "is_public_proxy",
    "is_residential_proxy",
    "is_anonymous",
)
_HOSTING = ("is_hosting_provider",)


@dataclass(frozen=True, slots=True)
class Connection:
    """`network` is hosting, anonymiser, or empty for unknown, which is neutral; `organisation` names whose it is."""

    country: str = ""
    network: str = ""
    organisation: str = ""


NOWHERE = Connection()


def look_up(address: str) -> Connection:
    """An empty Connection for what is no public address. Raises OSError or InvalidDatabaseError when the data file
    can't be read: the caller says what an unknown fact means."""
    public = public_address(address)
    if public is None:
        return NOWHERE
    record = database.record(public)
    network, organisation = _network(public, record)
    return Connection(_country(record), network, organisation)


def _country(record: Mapping[str, Any]) -> str:
    """`country_code` as flat files have it, else `country.iso_code` as nested ones do."""
    code = record.get("country_code") or _nested(record, "country").get("iso_code")
    if not isinstance(code, str) or len(code) != 2 or not code.isascii() or not code.isalpha():
        return ""
    return code.upper()


def _network(address: IPAddress, record: Mapping[str, Any]) -> tuple[str, str]:
    flags = {**record, **_nested(record, "traits")}
    if any(flags.get(name) is True for name in _ANONYMISERS):
        return "anonymiser", ""
    listed = networks.of_address(address) or networks.of_number(_number(flags))
    if listed:
        return listed.kind, listed.holder
    return ("hosting", "") if any(flags.get(name) is True for name in _HOSTING) else ("", "")


def _number(record: Mapping[str, Any]) -> int | None:
    """The autonomous system's number: an integer in one kind of file, "AS64496" in another."""
    number = record.get("autonomous_system_number") or record.get("asn")
    if isinstance(number, int):
        return number
    digits = str(number or "").upper().removeprefix("AS")
    return int(digits) if digits.isdecimal() else None


def _nested(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = record.get(name)
    return inner if isinstance(inner, Mapping) else {}
