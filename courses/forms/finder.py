"""The catalogue's finder: a wish, read from an address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from core import formats
from courses.forms import places
from courses.forms.places import Place
from courses.selectors import CatalogueFilters, Spot

DISTANCES = {"10": 10, "40": 40, "all": None}
DEFAULT_DISTANCE = "40"
MONTHS_AHEAD = 7
YEARS_AHEAD_MAX = 10
PLACE_LENGTH = 60
PAGES_MAX = 500


@dataclass(frozen=True)
class Finder:
    """The catalogue's GET form, read leniently: an address that someone edited still shows dates."""

    course: str
    near: str
    place: Place | None
    distance: int | None
    when: str
    days: str
    full: str
    page: int
    today: dt.date
    towns: tuple[str, ...] | None

    @classmethod
    def read(
        cls, query: Mapping[str, str], *, venues: Callable[[], Iterable[Spot]], today: dt.date
    ) -> Finder:
        """`venues` is only asked when distances matter."""
        near = query.get("near", "").replace("\x00", "").strip()[:PLACE_LENGTH]
        place = places.find(near) if near else None
        distance = DISTANCES.get(query.get("distance", ""), DISTANCES[DEFAULT_DISTANCE])
        days = set(getattr(query, "getlist", lambda name: [query.get(name)])("days"))
        return cls(
            course=_slug(query.get("course", "")),
            near=near,
            place=place,
            distance=distance,
            when=_when(query.get("when", ""), today),
            days=days.pop() if days in ({"weekdays"}, {"weekends"}) else "",
            full="hide" if query.get("full") == "hide" else "",
            page=_page(query.get("page", "")),
            today=today,
            towns=_towns(place, distance, venues),
        )

    @property
    def is_lost(self) -> bool:
        """A place was typed that we don't know."""
        return bool(self.near) and self.place is None

    @property
    def reach(self) -> str:
        return "all" if self.distance is None else str(self.distance)

    def filters(self) -> CatalogueFilters:
        first, last = self._dates()
        return CatalogueFilters(
            course=self.course,
            towns=self.towns,
            from_date=first,
            to_date=last,
            available=self.full == "hide",
            days=self.days,
        )

    def months(self) -> list[tuple[str, str]]:
        """The months that can be asked for, this one first."""
        first = self.today.replace(day=1)
        found = []
        for _ in range(MONTHS_AHEAD):
            found.append((f"{first:%Y-%m}", formats.month_name(first)))
            first = (first + dt.timedelta(days=32)).replace(day=1)
        return found

    def as_query(self) -> dict[str, str]:
        """What the address says, defaults left out."""
        return {
            "course": self.course,
            "near": self.near,
            "distance": "" if self.reach == DEFAULT_DISTANCE else self.reach,
            "when": self.when,
            "days": self.days,
            "full": self.full,
        }

    def _dates(self) -> tuple[dt.date | None, dt.date | None]:
        if self.when in ("7", "30"):
            return self.today, self.today + dt.timedelta(days=int(self.when))
        if self.when:
            first = dt.date.fromisoformat(f"{self.when}-01")
            return first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
        return None, None


def _slug(text: str) -> str:
    kept = text[:PLACE_LENGTH]
    return kept if all(letter.isalnum() or letter in "-_" for letter in kept) else ""


def _when(text: str, today: dt.date) -> str:
    if text in ("7", "30"):
        return text
    try:
        month = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return ""
    first = today.replace(day=1)
    end = first.replace(year=first.year + YEARS_AHEAD_MAX)
    return f"{month:%Y-%m}" if first <= month < end else ""


def _page(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= 4
    return min(max(int(text), 1), PAGES_MAX) if is_number else 1


def _towns(
    place: Place | None, distance: int | None, venues: Callable[[], Iterable[Spot]]
) -> tuple[str, ...] | None:
    """The towns within reach; None is anywhere."""
    if place is None or distance is None:
        return None
    return tuple(
        sorted(
            {
                venue.town
                for venue in venues()
                if place.miles_to(float(venue.latitude), float(venue.longitude)) <= distance
            }
        )
    )
