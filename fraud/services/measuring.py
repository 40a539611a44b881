"""Our own history for the measuring stick and for learning: as it was judged, as it ended."""

import json
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

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
GENUINE_KINDS = {kind for kind, happening in HAPPENINGS.items() if happening == ledger.GENUINE}
# The last judgement of each payment, and everything that became of it until now.
JUDGED = """
    SELECT DISTINCT ON (judged.payment_id) judged.payment_id, judged.assessed_at, judged.values,
        judged.amount_minor, judged.score, judged.band, ARRAY (
            SELECT kind FROM fraud_outcome AS became WHERE became.payment_id = judged.payment_id
        )
    FROM fraud_assessment AS judged
    WHERE judged.assessed_at >= %(since)s AND judged.assessed_at < %(until)s
        AND judged.values IS NOT NULL
    ORDER BY judged.payment_id, judged.stage
"""


def payments(*, since: datetime, until: datetime) -> list[own.Judged]:
    """In the order they were judged."""
    with connection.cursor() as cursor:
        cursor.execute(JUDGED, {"since": since, "until": until})
        rows = sorted(cursor.fetchall(), key=lambda row: (row[1], str(row[0])))
    return [_judged(row) for row in rows]


def backtest(*, weights: scoring.WeightSet, since: datetime, until: datetime) -> dict[str, Any]:
    """What these points would have done to our own payments."""
    return own.measure(payments(since=since, until=until), weights, thresholds_in_force())


def propose(
    *, version: str, since: datetime, until: datetime, actor: str, now: datetime
) -> WeightSetRow:
    """Learns points on the first three quarters, compares them with the shipped ones on the rest,
    and keeps them as a proposal. Raises learner.TooLittleKnown."""
    known = [each for each in payments(since=since, until=until) if each.is_fraud is not None]
    table = Table(FACTORS).fill(dict(each.values) for each in known)
    label = np.array([bool(each.is_fraud) for each in known], bool)
    cut = int(len(known) * LAST_QUARTER)
    learned = learner.learn(table, label, np.arange(cut), version=version)
    thresholds = thresholds_in_force()
    figures = {
        "learned": own.measure(known[cut:], learned.weights, thresholds),
        "shipped": own.measure(known[cut:], scoring.SHIPPED, thresholds),
        "left_out": list(learned.left_out),
        "penalty": learned.penalty,
    }
    return weight_sets.propose(weights=learned.weights, figures=figures, actor=actor, now=now)


def _judged(row: tuple[Any, ...]) -> own.Judged:
    _payment, _at, values, amount_minor, score, band, became = row
    kinds = set(became)
    if kinds & FRAUD_KINDS - {Kind.REFUNDED_AS_FRAUD}:
        part = "fraud"
    elif Kind.REFUNDED_AS_FRAUD in kinds:
        part = "refunded_as_fraud"
    elif band == "high" or kinds & {Kind.DECLINED, Kind.BLOCKED}:
        part = "refused_or_blocked"
    else:
        part = "good"
    is_fraud = True if kinds & FRAUD_KINDS else False if kinds & GENUINE_KINDS else None
    return own.Judged(json.loads(values), amount_minor, score, part, is_fraud)
