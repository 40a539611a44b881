"""What became known of a key's payments, by the day it became known, for thirty days.

One flat array, oldest day first: the day, and how many payments and frauds had been known in all before it.
"""

from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TypeAlias

DAYS_KEPT = 30
WIDTH = 3

Numbers: TypeAlias = "array[int]"


def first(day: int, known: int, frauds: int) -> Numbers:
    """The array with its first day."""
    return array("q", (day, known, frauds))


def begin(days: Numbers, day: int, known: int, frauds: int) -> None:
    """Opens a day, later than all; what is learned next is of that day."""
    days.extend((day, known, frauds))
    while days[0] < day - DAYS_KEPT:
        del days[:WIDTH]


def add_late(days: Numbers, day: int, fraud: bool) -> None:
    """A label of a day before the newest: it finds its own place, one before all days none."""
    place = bisect_right(days[::WIDTH], day) * WIDTH
    opened = place and days[place - WIDTH] == day
    if not opened and day >= days[-WIDTH] - DAYS_KEPT:
        days[place:place] = array("q", (day, *days[place + 1 : place + WIDTH]))
        place += WIDTH
    for later in range(place, len(days), WIDTH):
        days[later + 1] += 1
        days[later + 2] += fraud


def forget(days: Numbers, day: int, fraud: bool) -> None:
    """Takes back one label of that day."""
    for later in range(bisect_right(days[::WIDTH], day) * WIDTH, len(days), WIDTH):
        days[later + 1] -= 1
        days[later + 2] -= fraud


def since(days: Numbers, known: int, frauds: int, today: int, reach: int) -> tuple[int, int, int]:
    """Payments and frauds among them that became known in so many days until today, and how many days
    ago the first of these frauds was."""
    first_day = today - reach
    if days[-WIDTH] < first_day:
        return 0, 0, 0
    place = 0 if days[0] >= first_day else bisect_left(days[::WIDTH], first_day) * WIDTH
    earlier = days[place + 2]
    if frauds == earlier:
        return known - days[place + 1], 0, 0
    first = bisect_right(days[2::WIDTH], earlier) - 1
    return known - days[place + 1], frauds - earlier, today - days[first * WIDTH]


def to_rows(days: Numbers, known: int, frauds: int) -> list[int]:
    """One flat list as it is kept: each day, then the payments and frauds that became known on it."""
    rows: list[int] = []
    ends = [*days[WIDTH:], 0, known, frauds]
    for place in range(0, len(days), WIDTH):
        rows += (
            days[place],
            ends[place + 1] - days[place + 1],
            ends[place + 2] - days[place + 2],
        )
    return rows


def from_rows(rows: list[int], known: int, frauds: int) -> Numbers:
    """The other way; a list that was kept out of order is put in order."""
    by_day = sorted(zip(rows[::WIDTH], rows[1::WIDTH], rows[2::WIDTH], strict=True))
    known_before = accumulate((each[1] for each in by_day), initial=known - sum(rows[1::WIDTH]))
    frauds_before = accumulate((each[2] for each in by_day), initial=frauds - sum(rows[2::WIDTH]))
    days = array("q")
    for (day, _, _), known_so_far, frauds_so_far in zip(
        by_day, known_before, frauds_before, strict=False
    ):
        days.extend((day, known_so_far, frauds_so_far))
    return days
