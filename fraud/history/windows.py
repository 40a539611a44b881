"""Counts in buckets: five minutes for the last hour, hours for the last day, days for thirty days.

Two arrays, oldest first: the first five minutes of each bucket, and what had been counted in all before
it began (five numbers for each). What a window holds is then what was counted in all less what came
before its first bucket, however many lie in it; and merging what is old changes no answer. Arrays
keep their numbers together: a history that was not touched for long is read in one go.
"""

from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate, chain
from typing import TypeAlias

FIVE_MINUTES = 300
IN_HOUR, IN_DAY = 12, 288
HOUR, DAY, WEEK, MONTH = range(4)
DAYS_KEPT = 30
TRIES, DECLINED, BLOCKED, PAID, AMOUNT = range(1, 6)
WIDTH, COUNTS = 6, 5
LONG = 80

Counts = tuple[int, int, int, int, int]
NOTHING: Counts = (0, 0, 0, 0, 0)
Numbers: TypeAlias = "array[int]"


def bucket(at: int) -> int:
    return at // FIVE_MINUTES


def starts(now: int) -> tuple[int, int, int, int]:
    """The first bucket of each window that ends now: at least 1 h, 24 h, 7 d, 30 d."""
    five = now // FIVE_MINUTES
    hour, day = five // IN_HOUR, five // IN_DAY
    return five - 12, (hour - 24) * IN_HOUR, (day - 7) * IN_DAY, (day - 30) * IN_DAY


def counted(column: int, count: int, amount_minor: int) -> Counts:
    """So many of one column and so much money."""
    counts = [0, 0, 0, 0, amount_minor]
    counts[column - 1] += count
    tries, declined, blocked, paid, amount = counts
    return tries, declined, blocked, paid, amount


def first(five: int, counted_so_far: list[int]) -> tuple[Numbers, Numbers]:
    """The arrays with their first bucket."""
    return array("q", (five,)), array("q", counted_so_far)


def begin(buckets: Numbers, before: Numbers, counted_so_far: list[int], five: int) -> None:
    """Opens a bucket, newer than all; what is counted next is counted there."""
    buckets.append(five)
    before.extend(counted_so_far)
    if len(buckets) > LONG:
        shorten(buckets, before)


def add_late(buckets: Numbers, before: Numbers, five: int, more: Counts) -> None:
    """Counts in a bucket before the newest: it finds its own place, one before all windows none."""
    place = bisect_right(buckets, five)
    if not (place and buckets[place - 1] == five) and five >= _oldest(buckets):
        buckets.insert(place, five)
        before[place * COUNTS : place * COUNTS] = before[place * COUNTS : (place + 1) * COUNTS]
        place += 1
    for later in range(place * COUNTS, len(before)):
        before[later] += more[later % COUNTS]


def totals(buckets: Numbers, before: Numbers, counted_so_far: list[int], now: int) -> list[Counts]:
    """The counts of the four windows that end now, and of all time."""
    found, place, counts = [], len(buckets), NOTHING
    tries, declined, blocked, paid, amount = counted_so_far
    for start in starts(now):
        earlier = bisect_left(buckets, start, 0, place)
        if earlier != place:
            place = earlier
            one, two, three, four, five = before[place * COUNTS : (place + 1) * COUNTS]
            counts = tries - one, declined - two, blocked - three, paid - four, amount - five
        found.append(counts)
    found.append((tries, declined, blocked, paid, amount))
    return found


def shorten(buckets: Numbers, before: Numbers) -> None:
    """Drops what is older than all windows; merges what a shorter window can no longer ask for."""
    newest, oldest = buckets[-1], _oldest(buckets)
    hour_kept, day_kept = newest - IN_HOUR, (newest // IN_HOUR - 24) * IN_HOUR
    merged, kept = array("q"), array("q")
    for place, five in enumerate(buckets):
        size = IN_DAY if five < day_kept else IN_HOUR if five < hour_kept else 1
        if five >= oldest and (not merged or merged[-1] != five - five % size):
            merged.append(five - five % size)
            kept += before[place * COUNTS : (place + 1) * COUNTS]
    buckets[:], before[:] = merged, kept


def to_rows(buckets: Numbers, before: Numbers, counted_so_far: list[int]) -> list[int]:
    """One flat list as it is kept: each bucket, then the counts in it."""
    rows: list[int] = []
    ends = [*before[COUNTS:], *counted_so_far]
    for place, five in enumerate(buckets):
        columns = range(place * COUNTS, (place + 1) * COUNTS)
        rows += (five, *(ends[column] - before[column] for column in columns))
    return rows


def from_rows(rows: list[int], counted_so_far: list[int]) -> tuple[Numbers, Numbers]:
    """The buckets of a kept list, and what had been counted in all before each."""
    columns = []
    for column in range(1, WIDTH):
        counted = rows[column::WIDTH]
        start = counted_so_far[column - 1] - sum(counted)
        columns.append(list(accumulate(counted[:-1], initial=start)))
    before = chain.from_iterable(zip(*columns, strict=True))
    return array("q", rows[::WIDTH]), array("q", before)


def _oldest(buckets: Numbers) -> int:
    return (buckets[-1] // IN_DAY - DAYS_KEPT) * IN_DAY
