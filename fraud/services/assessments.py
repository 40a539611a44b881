"""Judges one try: gathers the facts, scores them, and keeps the judgement with all its reasons."""

from dataclasses import asdict
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection, models

from core import switches
from core.money import Money
from fraud import risk_signals, scoring, selectors_facts
from fraud.history.facts import Facts
from fraud.models import Assessment, FraudAttempt
from fraud.models.assessment import Band, Stage, Verdict
from fraud.models.outcome import Kind
from fraud.risk_signals.factor import Values
from fraud.services import capacity, lists, outcomes, weights
from fraud.subject import Subject, keys

# The judgement, and its row on the list of stopped tries where it belongs there, or neither when the
# stage was already judged: by this saga before a crash, or by its twin.
KEEP = """
    WITH kept AS (
        INSERT INTO fraud_assessment ({columns}) VALUES ({places})
        ON CONFLICT (payment_id, stage) DO NOTHING RETURNING id
    ){stopped}
    SELECT id FROM kept
"""
STOPPED = """, stopped AS (
        INSERT INTO fraud_attempts ({columns}) SELECT {places} FROM kept
    )"""


def assess(*, subject: Subject, now: datetime) -> Assessment:
    """The judgement of this payment at this stage, made once: asked again, it answers the same.

    1. Before the card is asked the try is put down first, so that of two at once one sees the other.
    2. One question for all facts, this payment's own acts left out.
    3. One statement that keeps the judgement.
    """
    own_keys = keys(subject)
    if subject.stage == Stage.BEFORE:
        outcomes.record(payment_id=subject.payment_id, kind=Kind.ATTEMPT, subject=subject, now=now)
    gathered = selectors_facts.gather(subject=subject, keys=own_keys, now=now)
    facts = gathered.facts
    thresholds = capacity.fitted(thresholds_in_force(), now=now)
    values = risk_signals.values_of(subject, facts, signals_in_force())
    live = weights.of(gathered.weight_sets.get("live"))
    score = judge(subject, facts, thresholds, values, live)
    assessment = _assessment(subject, score, thresholds, own_keys, now)
    assessment.rule_version = live.version
    assessment.values = {name: value for name, value in values.items() if value is not None}
    assessment.total = score.total
    if beside := gathered.weight_sets.get("shadow"):
        assessment.shadow = _shadow(subject, facts, thresholds, values, weights.of(beside))
    if not _keep(assessment):
        return Assessment.objects.get(payment_id=subject.payment_id, stage=subject.stage)
    if facts.list_hits and subject.stage == Stage.BEFORE:
        lists.record_hits(hits=facts.list_hits, now=now)
    return assessment


def judge(
    subject: Subject,
    facts: Facts,
    thresholds: scoring.Thresholds,
    values: Values | None = None,
    weight_set: scoring.WeightSet = scoring.SHIPPED,
) -> scoring.Score:
    """The score of the signals in force, with what holds whatever the points are."""
    if values is None:
        values = risk_signals.values_of(subject, facts, signals_in_force())
    return scoring.score(
        values,
        weight_set,
        thresholds,
        evidence=lambda name, value: risk_signals.evidence_of(name, value, subject, facts),
        floors=_floors(subject, facts, thresholds),
        holdout=is_held_out(subject.payment_id),
    )


def signals_in_force() -> tuple[str, ...] | None:
    return tuple(settings.FRAUD_SIGNALS) or None


def is_held_out(payment_id: str) -> bool:
    """Whether a block by points alone becomes a review for this payment: the same answer each time."""
    if not settings.FRAUD_HOLDOUT_SHARE:
        return False
    drawn = int.from_bytes(sha256(f"holdout {payment_id}".encode()).digest()[:4])
    return drawn / 2**32 < settings.FRAUD_HOLDOUT_SHARE


def _floors(
    subject: Subject, facts: Facts, thresholds: scoring.Thresholds
) -> tuple[scoring.Floor, ...]:
    """What a score can't go below: while everything is sent to a person, and where too little is known."""
    return (*_while_all_is_reviewed(thresholds), *_not_knowing(subject, facts, thresholds))


def _while_all_is_reviewed(thresholds: scoring.Thresholds) -> tuple[scoring.Floor, ...]:
    if not switches.is_on(switches.Name.REVIEW):
        return ()
    words = "Everything is sent to a person at the moment"
    return (scoring.Floor("all_reviewed", thresholds.review_from, words),)


def _not_knowing(
    subject: Subject, facts: Facts, thresholds: scoring.Thresholds
) -> tuple[scoring.Floor, ...]:
    """Not knowing is no free pass: the bank is asked to confirm, and a high amount goes to a person."""
    if selectors_facts.HISTORY not in facts.unknown:
        return ()
    words = "What we know of earlier payments could not be read in time"
    if subject.amount_minor < settings.FRAUD_UNKNOWN_REVIEW_MINOR:
        ask = scoring.asking_score(thresholds)
        return (scoring.Floor("unknown_facts", ask, words, asks=True),)
    amount = Money(subject.amount_minor, subject.currency)
    words = f"{words}, and {amount} is much"
    return (scoring.Floor("unknown_facts", thresholds.review_from, words),)


def _shadow(
    subject: Subject,
    facts: Facts,
    thresholds: scoring.Thresholds,
    values: Values,
    beside: scoring.WeightSet,
) -> dict[str, Any]:
    score = judge(subject, facts, thresholds, values, beside)
    return {
        "version": beside.version,
        "score": score.score,
        "total": score.total,
        "band": score.band,
        "three_d_secure": score.three_d_secure,
    }


def thresholds_in_force() -> scoring.Thresholds:
    return scoring.Thresholds(
        three_d_secure_from=settings.FRAUD_3DS_FROM,
        review_from=settings.FRAUD_REVIEW_FROM,
        block_above=settings.FRAUD_BLOCK_ABOVE,
    )


def _assessment(
    subject: Subject,
    score: scoring.Score,
    thresholds: scoring.Thresholds,
    own_keys: dict[str, str],
    now: datetime,
) -> Assessment:
    return Assessment(
        payment_id=subject.payment_id,
        stage=subject.stage,
        score=score.score,
        band=score.band,
        three_d_secure=score.three_d_secure,
        readings=[reading.as_json() for reading in score.readings],
        thresholds=asdict(thresholds),
        keys=own_keys,
        card=_card_without_key(subject),
        amount_minor=subject.amount_minor,
        currency=subject.currency,
        places=subject.places,
        course=subject.course,
        assessed_at=now,
    )


def _card_without_key(subject: Subject) -> dict[str, object] | None:
    """The card's facts as shown to staff; its fingerprint is kept only as a keyed digest."""
    if subject.card is None:
        return None
    return {name: value for name, value in asdict(subject.card).items() if name != "fingerprint"}


def _keep(assessment: Assessment) -> bool:
    """False when the stage was judged before. Before the card is asked only a block stops anything;
    a doubtful score is judged again."""
    verdict = _verdict(assessment)
    rows: list[models.Model] = [assessment]
    if verdict is not None:
        rows.append(_attempt(assessment, verdict))
    with connection.cursor() as cursor:
        cursor.execute(
            _keeping(*map(type, rows)), [value for row in rows for value in _values(row)]
        )
        kept = cursor.fetchone() is not None
    assessment._state.adding = not kept
    return kept


def _attempt(assessment: Assessment, verdict: Verdict) -> FraudAttempt:
    return FraudAttempt(
        payment_id=assessment.payment_id,
        assessment=assessment,
        verdict=verdict,
        score=assessment.score,
        amount_minor=assessment.amount_minor,
        currency=assessment.currency,
        course=assessment.course,
        reasons=[reading for reading in assessment.readings if reading["points"] > 0],
        attempted_at=assessment.assessed_at,
    )


@cache
def _keeping(judgement: type[models.Model], attempt: type[models.Model] | None = None) -> str:
    """The statement that keeps rows of these kinds."""
    stopped = "" if attempt is None else STOPPED.format(**_places(attempt))
    return KEEP.format(**_places(judgement), stopped=stopped)


def _places(model: type[models.Model]) -> dict[str, str]:
    """All columns, and their places in a statement."""
    fields: list[Any] = list(model._meta.concrete_fields)
    return {
        "columns": ", ".join(f'"{field.column}"' for field in fields),
        "places": ", ".join(f"%s::{field.db_type(connection)}" for field in fields),
    }


def _values(row: models.Model) -> list[Any]:
    """What the database keeps of a row not saved yet."""
    fields: list[Any] = list(row._meta.concrete_fields)
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


def _verdict(assessment: Assessment) -> Verdict | None:
    before = assessment.stage == Stage.BEFORE
    if assessment.band == Band.HIGH:
        return Verdict.BLOCKED if before else Verdict.CANCELLED
    return Verdict.REVIEWED if assessment.band == Band.MEDIUM and not before else None
