"""Our own history for the measuring stick and for learning: as it was judged, as it ended."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from core.database.patience import patience
from fraud import scoring
from fraud.backtest import own
from fraud.history import ledger
from fraud.learning import learner
from fraud.learning.sample import Table
from fraud.models import WeightSetRow
from fraud.models.outcome import HAPPENINGS, Kind
from fraud.risk_signals import FACTORS
from fraud.services import weights as weight_sets
from fraud.services.assessments import thresholds_in_force

LAST_QUARTER = 0.75
FRAUD_KINDS = {kind for kind, happening in HAPPENINGS.items() if happening == ledger.FRAUD}
# The last judgement of each payment, and everything that became of it until now.
JUDGED = """
    SELECT DISTINCT ON (judged.payment_id) judged.payment_id, judged.assessed_at, judged.values,
        judged.amount_minor, judged.score, judged.band, ARRAY (
            SELECT kind || ' ' || extract(epoch FROM happened_at) FROM fraud_outcome AS became
            WHERE became.payment_id = judged.payment_id
        )
    FROM fraud_assessment AS judged
    WHERE judged.assessed_at >= %(since)s AND judged.assessed_at < %(until)s
        AND judged.values IS NOT NULL
    ORDER BY judged.payment_id, judged.stage
"""


@dataclass(frozen=True, slots=True)
class _Ended:
    """A judgement, its moment, and the moment its label was known, in seconds."""

    judged: own.Judged
    at: float
    told_at: float


def payments(*, since: datetime, until: datetime) -> list[own.Judged]:
    """In the order they were judged."""
    return [each.judged for each in _ended(since, until)]


def backtest(*, weights: scoring.WeightSet, since: datetime, until: datetime) -> dict[str, Any]:
    """What these points would have done to our own payments."""
    return own.measure(payments(since=since, until=until), weights, thresholds_in_force())


def propose(
    *, version: str, since: datetime, until: datetime, actor: str, now: datetime
) -> WeightSetRow:
    """Learns points on the first three quarters, from what was known of them when the last one began, compares
    them with the shipped ones on that, and keeps them as a proposal. Raises learner.TooLittleKnown."""
    known = [each for each in _ended(since, until) if each.judged.is_fraud is not None]
    table = Table(FACTORS).fill(own.known(each.judged.values) for each in known)
    label = np.array([bool(each.judged.is_fraud) for each in known], bool)
    cut = int(len(known) * LAST_QUARTER)
    told = [row for row in range(cut) if known[row].told_at < known[cut].at]
    learned = learner.learn(table, label, np.array(told, np.intp), version=version)
    thresholds = thresholds_in_force()
    rest = [each.judged for each in known[cut:]]
    figures = {
        "learned": own.measure(rest, learned.weights, thresholds),
        "shipped": own.measure(rest, scoring.SHIPPED, thresholds),
        "left_out": list(learned.left_out),
        "penalty": learned.penalty,
    }
    return weight_sets.propose(weights=learned.weights, figures=figures, actor=actor, now=now)


def _ended(since: datetime, until: datetime) -> list[_Ended]:
    with patience(), connection.cursor() as cursor:
        cursor.execute(JUDGED, {"since": since, "until": until})
        rows = sorted(cursor.fetchall(), key=lambda row: (row[1], str(row[0])))
    return [_how_it_ended(row) for row in rows]


def _how_it_ended(row: tuple[Any, ...]) -> _Ended:
    _payment, at, values, amount_minor, score, band, became = row
    heard = dict(each.split(" ") for each in became)
    kinds = set(heard)
    if kinds & FRAUD_KINDS - {Kind.REFUNDED_AS_FRAUD}:
        part = "fraud"
    elif Kind.REFUNDED_AS_FRAUD in kinds:
        part = "refunded_as_fraud"
    elif band == "high" or kinds & {Kind.DECLINED, Kind.BLOCKED}:
        part = "refused_or_blocked"
    else:
        part = "good"
    in_order = sorted((float(told), kind) for kind, told in heard.items())
    label = ledger.label_in_force((HAPPENINGS[kind], told) for told, kind in in_order)
    return _Ended(
        judged=own.Judged(
            json.loads(values), amount_minor, score, part, label and label[0] == ledger.FRAUD
        ),
        at=at.timestamp(),
        told_at=label[1] if label else 0.0,
    )
