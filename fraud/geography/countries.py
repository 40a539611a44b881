"""Countries by their two letters: a name for sentences, a centre and a radius for distances.

Centre and radius come from public-domain outlines (data/README.md). A radius reaches the farthest point of a
country's main land, so that a distance "between" two countries is one that was surely covered.
"""

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LIST = Path(__file__).parent / "data" / "countries.csv"
EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Country:
    name: str
    latitude: float
    longitude: float
    radius_km: int


def is_country(code: str) -> bool:
    return code in _countries()


def country_name(code: str) -> str:
    """As it stands within a sentence ("the United Kingdom"); the code itself for one that is not listed."""
    country = _countries().get(code)
    return country.name if country else code


def point_of(code: str) -> tuple[float, float] | None:
    """The latitude and longitude of a country's middle; None for one that is not listed."""
    country = _countries().get(code)
    return (country.latitude, country.longitude) if country else None


@lru_cache(maxsize=65_536)
def apart_km(one: str, other: str) -> float | None:
    """How far apart two countries surely are, 0 for neighbours; None when either is not known."""
    first, second = _countries().get(one), _countries().get(other)
    if first is None or second is None:
        return None
    if one == other:
        return 0.0
    return max(_between_km(first, second) - first.radius_km - second.radius_km, 0.0)


def _between_km(one: Country, other: Country) -> float:
    """The great circle between the centres, by the haversine formula."""
    latitude, latitude_other = math.radians(one.latitude), math.radians(other.latitude)
    half_up = (latitude_other - latitude) / 2
    half_along = math.radians(other.longitude - one.longitude) / 2
    chord = (
        math.sin(half_up) ** 2
        + math.cos(latitude) * math.cos(latitude_other) * math.sin(half_along) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(min(math.sqrt(chord), 1.0))


@lru_cache(maxsize=1)
def _countries() -> dict[str, Country]:
    with LIST.open(newline="", encoding="utf-8") as file:
        return {
            row["code"]: Country(
                row["name"],
                float(row["latitude"]),
                float(row["longitude"]),
                int(row["radius_km"]),
            )
            for row in csv.DictReader(file)
        }
