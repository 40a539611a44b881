"""The file of countries: the vendored one, or any other in the same format that GEOIP_DB names."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import maxminddb
from django.conf import settings

from fraud.geography import metrics

VENDORED = Path(__file__).parent / "data" / "dbip-country.mmdb"
VENDOR, VENDOR_WORDS, VENDOR_ADDRESS = "DB-IP", "IP Geolocation by DB-IP", "https://db-ip.com"


@dataclass(frozen=True, slots=True)
class Source:
    """Whose data it is, and how old. The licence wants `attribution` as a link wherever a result is shown."""

    name: str
    built_at: datetime
    age_days: int
    is_old: bool
    attribution: str = ""
    attribution_url: str = ""


def record(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Mapping[str, Any]:
    """What the file says of one address; empty when it does not know it."""
    reader = _reader(_path())
    if address.version == 6 and _version(_path()) == 4:
        return {}
    found = reader.get(address)
    return found if isinstance(found, dict) else {}


def source(*, now: datetime) -> Source:
    """Raises OSError or InvalidDatabaseError when the file can't be read."""
    metadata = _reader(_path()).metadata()
    built_at = datetime.fromtimestamp(metadata.build_epoch, UTC)
    age_days = max((now - built_at).days, 0)
    is_old = age_days > settings.GEOIP_DAYS_MAX
    if settings.GEOIP_DB and not metadata.database_type.upper().startswith("DBIP"):
        return Source(metadata.database_type, built_at, age_days, is_old)
    return Source(VENDOR, built_at, age_days, is_old, VENDOR_WORDS, VENDOR_ADDRESS)


def _path() -> Path:
    return Path(settings.GEOIP_DB) if settings.GEOIP_DB else VENDORED


@lru_cache(maxsize=4)
def _version(path: Path) -> int:
    version: int = _reader(path).metadata().ip_version
    return version


@lru_cache(maxsize=4)
def _reader(path: Path) -> maxminddb.Reader:
    """Mapped into memory, shared by all processes of the machine; a new file wants a restart."""
    reader = maxminddb.open_database(path)
    metrics.built_at.set(reader.metadata().build_epoch)
    return reader
