"""The measuring stick on the public simulated data, beside what was published of it.

`python -m tests.performance.stick [--days N]`: the cut of the folder that SHARED_DATA names, under the
published protocol; with `--days` only the last N days before judging are learned from and judged.
"""

import argparse
import csv
import gzip
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from core.embedded.folders import REPOSITORY

CUT = Path("handbook-sim") / "cut-2018-06-11-to-08-14.csv.gz"
DELAY = 604_800
TRAIN_FROM, TRAIN_UNTIL, TEST_FROM = 9_936_000, 10_540_800, 11_145_600
DAY = 86_400
FIGURES = ("auc_roc", "average_precision", "card_precision_at_100")
PUBLISHED = {
    "published logistic regression": (0.871, 0.606, 0.291),
    "published forest": (0.867, 0.658, 0.287),
}
GATES = {"average_precision": 0.60, "card_precision_at_100": 0.29}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=7, help="days judged; all 7 for the gates")
    options = parser.parse_args()
    folder = Path(os.environ.get("SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    cut = folder / CUT
    if not cut.exists():
        print(f"NOT RUN: the stick needs {cut}; name the folder in SHARED_DATA.")
        return 0
    found = measured(cut, days=options.days)
    for name, figures in (*PUBLISHED.items(), ("this scorer", tuple(found[x] for x in FIGURES))):
        print(f"  {name:32}" + "".join(f"{value:8.3f}" for value in figures))
    good = options.days < 7 or all(found[name] >= least for name, least in GATES.items())
    return 0 if parity(cut) and good else 1


def measured(cut: Path, *, days: int) -> dict[str, float]:
    """The figures that the command says, with fewer days learned and judged than published."""
    with tempfile.TemporaryDirectory(prefix="rft-stick-") as state:
        events = Path(state) / "events.csv"
        first = 0 if days >= 7 else TRAIN_UNTIL - 10 * DAY
        written(cut, events, first=first, until=TEST_FROM + days * DAY)
        answer = subprocess.run(
            [
                *(sys.executable, "manage.py", "backtest", "--events", str(events), "--json"),
                *("--train-from", str(TRAIN_FROM), "--train-until", str(TRAIN_UNTIL)),
                *("--test-from", str(TEST_FROM), "--drop-known"),
            ],
            cwd=REPOSITORY,
            env={"DJANGO_SETTINGS_MODULE": "config.settings.local", **os.environ},
            check=True,
            capture_output=True,
            text=True,
        )
    figures: dict[str, float] = json.loads(answer.stdout)
    return figures


def written(cut: Path, events: Path, *, first: int, until: int) -> None:
    """The cut in the columns that the command reads."""
    with gzip.open(cut, "rt", newline="") as stream, events.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["at", "amount_minor", "customer", "card", "course", "label", "label_at"])
        for row in csv.DictReader(stream):
            at, customer = int(row["t"]), row["customer"]
            if first <= at < until:
                told = (row["terminal"], row["fraud"], at + DELAY)
                writer.writerow((at, row["amount_cents"], customer, customer, *told))


def parity(cut: Path) -> bool:
    """The published regression again, where its library is installed."""
    if importlib.util.find_spec("sklearn") is None:
        print("NOT RUN: the parity check needs scikit-learn (requirements-learn.txt).")
        return True
    command = [sys.executable, "-m", "tests.performance.parity", str(cut)]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
