"""Judges one try: reads the facts, scores them, and keeps the judgement with all its reasons."""

from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from fraud import risk_signals, scoring, selectors
from fraud.history.facts import Facts
from fraud.models import Assessment, FraudAttempt
from fraud.models.assessment import Band, Stage, Verdict
from fraud.subject import Subject, keys


def assess(*, subject: Subject, now: datetime) -> Assessment:
    """The judgement of this payment at this stage, made once: asked again, it answers the same.

    Two or three statements: the facts, the assessment, and the list of stopped tries when it
    belongs there.
    """
    own_keys = keys(subject)
    facts = selectors.facts(subject=subject, keys=own_keys, now=now)
    thresholds = thresholds_in_force()
    score = judge(subject, facts, thresholds)
    assessment = _assessment(subject, score, thresholds, own_keys, now)
    try:
        with transaction.atomic():
            assessment.save(force_insert=True)
            _keep_attempt(assessment)
    except IntegrityError:
        # The stage was already judged: by this saga before a crash, or by its twin.
        return Assessment.objects.get(payment_id=subject.payment_id, stage=subject.stage)
    return assessment


def judge(subject: Subject, facts: Facts, thresholds: scoring.Thresholds) -> scoring.Score:
    """The score of the signals in force, by the points in force."""
    values = risk_signals.values_of(subject, facts, tuple(settings.FRAUD_SIGNALS) or None)
    return scoring.score(
        values,
        scoring.SHIPPED,
        thresholds,
        evidence=lambda name, value: risk_signals.evidence_of(name, value, subject, facts),
    )


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
        rule_version=scoring.RULE_VERSION,
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


def _keep_attempt(assessment: Assessment) -> None:
    """Before the card is asked only a block stops anything; a doubtful score is judged again."""
    verdict = _verdict(assessment)
    if verdict is None:
        return
    FraudAttempt.objects.create(
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


def _verdict(assessment: Assessment) -> Verdict | None:
    before = assessment.stage == Stage.BEFORE
    if assessment.band == Band.HIGH:
        return Verdict.BLOCKED if before else Verdict.CANCELLED
    return Verdict.REVIEWED if assessment.band == Band.MEDIUM and not before else None
