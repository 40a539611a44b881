"""Counts in buckets: five minutes for the last hour, hours for the last day, days for thirty days.

One flat list of rows (bucket, then the counts), oldest first. A bucket is always named by its
first five minutes, so that merging what is old changes no answer.
"""

FIVE_MINUTES = 300
IN_HOUR, IN_DAY = 12, 288
HOUR, DAY, WEEK, MONTH = range(4)
DAYS_KEPT = 30
TRIES, DECLINED, BLOCKED, PAID, AMOUNT = range(1, 6)
WIDTH = 6
LONG = 80 * WIDTH

Counts = tuple[int, int, int, int, int]
NOTHING: Counts = (0, 0, 0, 0, 0)


def bucket(at: int) -> int:
    return at // FIVE_MINUTES


def starts(now: int) -> tuple[int, int, int, int]:
    """The first bucket of each window that ends now: at least 1 h, 24 h, 7 d, 30 d."""
    five = now // FIVE_MINUTES
    hour, day = five // IN_HOUR, five // IN_DAY
    return five - 12, (hour - 24) * IN_HOUR, (day - 7) * IN_DAY, (day - 30) * IN_DAY


def add(rows: list[int], at: int, column: int, count: int = 1, amount_minor: int = 0) -> None:
    """Counts one; a moment out of order finds its own place, one before all windows none."""
    five = at // FIVE_MINUTES
    row = len(rows) - WIDTH
    while row >= 0 and rows[row] > five:
        row -= WIDTH
    if row < 0 or rows[row] != five:
        row += WIDTH
        rows[row:row] = (five, 0, 0, 0, 0, 0)
        if len(rows) > WIDTH:
            _shorten(rows)
            row = _find(rows, five)
            if rows[row] > five:
                return
    rows[row + column] += count
    rows[row + AMOUNT] += amount_minor


def totals(rows: list[int], now: int) -> tuple[Counts, Counts, Counts, Counts]:
    """The counts of the four windows that end now."""
    if not rows:
        return NOTHING, NOTHING, NOTHING, NOTHING
    ends, found = starts(now), []
    tries = declined = blocked = paid = amount = 0
    row = len(rows) - WIDTH
    for first in ends:
        while row >= 0 and rows[row] >= first:
            tries += rows[row + 1]
            declined += rows[row + 2]
            blocked += rows[row + 3]
            paid += rows[row + 4]
            amount += rows[row + 5]
            row -= WIDTH
        found.append((tries, declined, blocked, paid, amount))
    return found[0], found[1], found[2], found[3]


def _shorten(rows: list[int]) -> None:
    """Drops what is older than all windows; merges older hours and days when a day is new or the
    list is long. Never touches a row that a shorter window may still ask for."""
    newest = rows[-WIDTH]
    oldest = (newest // IN_DAY - DAYS_KEPT) * IN_DAY
    while rows[0] < oldest:
        del rows[:WIDTH]
    if len(rows) <= 2 * WIDTH:
        return
    if newest // IN_DAY == rows[-2 * WIDTH] // IN_DAY and len(rows) <= LONG:
        return
    hour_kept, day_kept = newest - IN_HOUR, (newest // IN_HOUR - 24) * IN_HOUR
    # What lies further back was merged on an earlier day.
    first = 0
    if len(rows) <= LONG:
        done = (rows[-2 * WIDTH] // IN_DAY - 2) * IN_DAY
        while rows[first] < done:
            first += WIDTH
    merged: list[int] = []
    for row in range(first, len(rows), WIDTH):
        five = rows[row]
        if five < day_kept:
            five -= five % IN_DAY
        elif five < hour_kept:
            five -= five % IN_HOUR
        if merged and merged[-WIDTH] == five:
            for column in range(1, WIDTH):
                merged[column - WIDTH] += rows[row + column]
        else:
            merged += (five, *rows[row + 1 : row + WIDTH])
    rows[first:] = merged


def _find(rows: list[int], five: int) -> int:
    """Where the bucket now is; it may just have been merged into its hour or day."""
    row = len(rows) - WIDTH
    while row > 0 and rows[row] > five:
        row -= WIDTH
    return row
