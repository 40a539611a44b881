"""A small file of countries, made for the tests with a writer that is not ours."""

from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

FLAT: dict[str, dict[str, Any]] = {
    "81.2.69.0/24": {"country_code": "GB"},
    "2a02:c7c::/30": {"country_code": "gb"},
    "185.220.100.0/24": {"country_code": "DE"},
    "46.4.0.0/16": {"country_code": "DE"},
    "41.184.0.0/16": {"country_code": "NG", "asn": "AS24940"},
    "1.1.1.0/24": {"country_code": ""},
    "8.8.8.0/24": {"country_code": "USA"},
}
NESTED: dict[str, dict[str, Any]] = {
    "81.2.69.0/24": {"country": {"iso_code": "GB", "names": {"en": "United Kingdom"}}},
    "41.184.0.0/16": {"country": {"iso_code": "NG"}, "traits": {"is_hosting_provider": True}},
    "8.8.8.0/24": {"country": "United States", "traits": {"is_anonymous_vpn": True}},
    "9.9.9.0/24": {"country": {"iso_code": "US"}, "autonomous_system_number": 14061},
}


def write(
    path: Path, records: dict[str, dict[str, Any]], *, kind: str = "tests", ip: int = 6
) -> Path:
    writer = MMDBWriter(ip_version=ip, ipv4_compatible=ip == 6, database_type=kind)
    for block, record in records.items():
        writer.insert_network(IPSet([block]), record)
    writer.to_db_file(str(path))
    return path
