"""Networks of machines rather than of people, by our own list: data/networks.csv, with its notes beside it.

The list is short and coarse on purpose. What it does not name is unknown, and unknown is neutral.
"""

import csv
import ipaddress
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LIST = Path(__file__).parent / "data" / "networks.csv"


@dataclass(frozen=True, slots=True)
class Network:
    """`kind` is hosting or anonymiser."""

    kind: str
    holder: str


@dataclass(frozen=True, slots=True)
class Ranges:
    """One version's ranges, sorted and free of overlaps: a look-up is one bisection."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    networks: tuple[Network, ...]

    def find(self, address: int) -> Network | None:
        place = bisect_right(self.starts, address) - 1
        return self.networks[place] if place >= 0 and address <= self.ends[place] else None


def of_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Network | None:
    return _lists()[address.version].find(int(address))


def of_number(number: int | None) -> Network | None:
    """By the autonomous system's number, where the file of countries carries one."""
    return _numbers().get(number) if number is not None else None


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, Network], ...]:
    with LIST.open(newline="", encoding="utf-8") as file:
        return tuple(
            (row["range"], Network(row["kind"], row["holder"])) for row in csv.DictReader(file)
        )


@lru_cache(maxsize=1)
def _numbers() -> dict[int, Network]:
    return {int(name[2:]): network for name, network in _rows() if name.startswith("AS")}


@lru_cache(maxsize=1)
def _lists() -> dict[int, Ranges]:
    blocks = [
        (ipaddress.ip_network(name), network)
        for name, network in _rows()
        if not name.startswith("AS")
    ]
    return {version: _sorted(blocks, version) for version in (4, 6)}


def _sorted(
    blocks: list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, Network]], version: int
) -> Ranges:
    own = sorted(
        (int(block[0]), int(block[-1]), place)
        for place, (block, _) in enumerate(blocks)
        if block.version == version
    )
    return Ranges(
        starts=tuple(start for start, _, _ in own),
        ends=tuple(end for _, end, _ in own),
        networks=tuple(blocks[place][1] for _, _, place in own),
    )
