"""A shop's history that nobody ever had, with every column that `backtest --events` reads.

`python -m tests.performance.history FILE.csv.gz [--rows 590000] [--people 350000]`: many people come once, few
come often; stolen cards are tried in bursts by rings that share devices and connections. The same
seed gives the same file. `--people 3000` makes every key's history full instead of short.
"""

import argparse
import csv
import gzip
from pathlib import Path
from typing import TextIO

import numpy as np

COLUMNS = (
    "at", "amount_minor", "places", "currency", "customer", "card", "email", "device", "address",
    "card_country", "billing_country", "billing_region", "course", "outcome", "label", "label_at",
)  # fmt: skip
DAY = 86_400
START = 1_700_006_400
FRAUD_SHARE = 0.035
DECLINED_SHARE = 0.06
IN_ONE_BURST = 12
COURSES = 300
COUNTRIES = ("GB", "GB", "GB", "GB", "GB", "GB", "IE", "FR", "DE", "US")
DOMAINS = (
    *("gmail.com",) * 5,
    "yahoo.co.uk",
    "hotmail.com",
    "outlook.com",
    "example.org",
    "firm.example",
)
THROW_AWAY = "mailinator.com"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=590_000)
    parser.add_argument("--people", type=int, default=350_000)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--label-days", type=int, default=14)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    write(
        options.file,
        rows=options.rows,
        people=options.people,
        days=options.days,
        label_days=options.label_days,
        seed=options.seed,
    )
    return 0


def write(path: Path, *, rows: int, people: int, days: int, label_days: int, seed: int) -> None:
    """The whole history in time order."""
    draw = np.random.default_rng(seed)
    at = np.sort(START + draw.integers(0, days * DAY, rows))
    who = (people * draw.random(rows) ** 1.6).astype(int)
    ring = _rings(draw, at)
    with _opened(path) as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        luck, thing = draw.random((rows, 6)), draw.integers(0, 2**31, (rows, 3))
        for row in range(rows):
            made = _stolen if ring[row] >= 0 else _honest
            keys = made(int(who[row]), int(ring[row]), luck[row], thing[row])
            label_at = int(at[row]) + int((1 + luck[row][5]) * label_days * DAY)
            writer.writerow((int(at[row]), *keys, int(ring[row] >= 0), label_at))


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", newline="", compresslevel=1)
    return path.open("w", newline="")


def _rings(draw: np.random.Generator, at: np.ndarray) -> np.ndarray:
    """Which ring made each payment; -1 for honest ones. A burst lasts some hours."""
    ring = np.full(len(at), -1)
    bursts = int(len(at) * FRAUD_SHARE / IN_ONE_BURST)
    for number in range(bursts):
        first = int(draw.integers(0, len(at)))
        reach = int(np.searchsorted(at, at[first] + DAY // 4))
        rows = draw.integers(first, max(reach, first + 1), IN_ONE_BURST)
        ring[rows] = number
    return ring


def _honest(who: int, _ring: int, luck: np.ndarray, thing: np.ndarray) -> tuple:
    country = COUNTRIES[who % 10]
    home = f"{25 + who % 7}.{who // 7 % 250}.{who // 1750 % 250}.{1 + who % 250}"
    places = 1 if luck[0] < 0.8 else 1 + int(thing[0] % 8)
    return (
        _amount(luck[1], places, who), places, "GBP", f"u{who}" if who % 3 else "",
        f"c{who}-{int(luck[2] < 0.1)}", f"person.{who}@{DOMAINS[who % 10]}",
        f"d{who}-{thing[1] % 9 if luck[3] < 0.3 else 0}" if who % 8 else "",
        home if luck[4] < 0.7 else f"86.{thing[2] % 60}.{thing[2] // 60 % 250}.{thing[2] // 9999 % 250}",
        country, country if who % 4 else "", f"R{who % 400}", f"course-{int(COURSES * luck[3] ** 3)}",
        "declined" if luck[5] < DECLINED_SHARE / 2 else "paid",
    )  # fmt: skip


def _stolen(who: int, ring: int, luck: np.ndarray, thing: np.ndarray) -> tuple:
    """A card of one of the people in somebody else's hands."""
    country = COUNTRIES[who % 10]
    mailbox = (
        f"x{thing[0] % 9999}@{THROW_AWAY}"
        if luck[0] < 0.2
        else f"ring{ring}.{thing[0] % 3}@gmail.com"
    )
    return (
        _amount(luck[1], 2, who) * (1 + int(luck[2] < 0.5)), 1 + int(thing[1] % 4), "GBP", "",
        f"c{who}-0" if luck[3] < 0.5 else f"s{ring}-{thing[1] % 4}", mailbox, f"dr{ring // 3}" if luck[4] < 0.8 else "",
        f"{45 + ring % 40}.{ring // 3 % 250}.{ring % 250}.{1 + thing[2] % 5}",
        country, country if luck[3] < 0.4 else "RO", f"R{thing[2] % 400}", f"course-{int(COURSES * luck[5] ** 3)}",
        "declined" if luck[2] < 0.3 else "paid",
    )  # fmt: skip


def _amount(luck: float, places: int, who: int) -> int:
    return int(2000 + 300 * (who % 60) + 9000 * luck**4) * places


if __name__ == "__main__":
    raise SystemExit(main())
