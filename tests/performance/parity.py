"""The published baseline again, so that windows, delay, split and measures are known to be right.

`python -m tests.performance.parity CUT.csv.gz` needs requirements-learn.txt: logistic regression on the
15 published features of the handbook has an average precision of 0.606 ± 0.005.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fraud.backtest import metrics

DAY, DELAY = 86_400, 7
WINDOWS = (1, 7, 30)
TRAIN, TEST = (115, 122), (129, 136)


def main() -> int:
    table = np.genfromtxt(sys.argv[1], delimiter=",", skip_header=1, dtype=np.int64)
    at, customer, terminal, cents, fraud = table[:, :5].T
    day, hour = at // DAY, at // 3600 % 24
    # 1 April 2018 was a Sunday.
    columns = [cents / 100, ((day + 6) % 7 >= 5), hour <= 6]
    columns += _rolling(at, customer, cents / 100, delay=0)
    columns += _rolling(at, terminal, fraud, delay=DELAY)
    features = np.column_stack(columns).astype(float)
    train = (day >= TRAIN[0]) & (day < TRAIN[1])
    known = set(customer[train & (fraud == 1)])
    test = np.zeros(len(at), bool)
    for today in range(*TEST):
        late = (day >= TRAIN[0]) & (day <= today - DELAY - 1) & (fraud == 1)
        known |= set(customer[late])
        test |= (day == today) & ~np.isin(customer, list(known))
    scaler = StandardScaler().fit(features[train])
    model = LogisticRegression(max_iter=1000).fit(scaler.transform(features[train]), fraud[train])
    scores = model.decision_function(scaler.transform(features[test]))
    found = metrics.average_precision(scores, fraud[test] == 1)
    cards = customer[test].astype(object) + 1
    top = metrics.card_precision(scores, fraud[test] == 1, cards, day[test], 100)
    print(f"{Path(sys.argv[1]).name}: {test.sum()} payments, {fraud[test].sum()} frauds")
    print(f"average precision {found:.4f}, card precision@100 {top:.4f}")
    return 0 if abs(found - 0.606) <= 0.005 else 1


def _rolling(at, key, value, *, delay: int) -> list:
    """Count and mean of `value` on one key over each window; with a delay the window ends that long
    ago, as the difference of two windows that end now."""
    columns = []
    order = np.lexsort((at, key))
    for days in WINDOWS:
        count, total = np.zeros(len(at)), np.zeros(len(at))
        for sign, reach in ((1, days + delay), (-1, delay)) if delay else ((1, days),):
            one, other = _window(at[order], key[order], value[order], reach * DAY)
            count[order] += sign * one
            total[order] += sign * other
        columns += [count, np.divide(total, count, out=np.zeros(len(at)), where=count > 0)]
    return columns


def _window(at, key, value, reach: int):
    """For rows sorted by key and time: those of the same key in (now - reach, now]."""
    span = int(at.max()) + 100 * DAY
    line = key * span + at
    first = np.searchsorted(line, np.maximum(line - reach, key * span - 1), side="right")
    sums = np.concatenate([[0.0], np.cumsum(value)])
    last = np.arange(1, len(at) + 1)
    return last - first, sums[last] - sums[first]


if __name__ == "__main__":
    raise SystemExit(main())
