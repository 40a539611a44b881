"""Judgements of sample payments, in bulk: for screens and benchmarks, never for a real shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core.database import bulk
from fraud import scoring
from fraud.models import Assessment, FraudAttempt, Outcome
from fraud.risk_signals.reading import Reading
from fraud.services.assessments import thresholds_in_force
from fraud.subject import Subject, keys

# What the bulk of a shop's payments look like, and one that was stopped.
ORDINARY = (
    Reading("velocity_email", 1, 0, "First try of this email address in the last hour"),
    Reading("amount", "usual", 0, "A usual amount for this course"),
)
STOPPED = (
    Reading("velocity_address", 14, 45, "14 tries from one connection in the last hour"),
    Reading("disposable_email", True, 35, "The email address is a throw-away one"),
)
ASSESSMENT = (
    "id", "payment_id", "stage", "score", "band", "three_d_secure", "readings", "thresholds",
    "rule_version", "keys", "card", "amount_minor", "currency", "places", "course", "assessed_at",
)  # fmt: skip
OUTCOME = ("id", "payment_id", "kind", "keys", "course", "amount_minor", "happened_at")
ATTEMPT = (
    "id", "payment_id", "assessment", "verdict", "score", "amount_minor", "currency", "course",
    "reasons", "attempted_at",
)  # fmt: skip


def fill(*, passed: Sequence[Subject], stopped: Sequence[Subject]) -> None:
    """Assessments of both stages and the success of what passed; the block of what was stopped."""
    ordinary = _judgement(ORDINARY)
    blocked = _judgement(STOPPED)
    digests = {each.payment_id: bulk.plain(keys(each)) for each in (*passed, *stopped)}
    ids = bulk.ids()
    assessed = [
        _assessment_row(next(ids), subject, stage, ordinary, digests[subject.payment_id])
        for subject in passed
        for stage in ("before", "after")
    ]
    blocks = [
        _assessment_row(next(ids), subject, "before", blocked, digests[subject.payment_id])
        for subject in stopped
    ]
    bulk.copy(Assessment, ASSESSMENT, assessed + blocks)
    bulk.copy(
        FraudAttempt,
        ATTEMPT,
        (
            _attempt_row(next(ids), row[0], subject, blocked)
            for row, subject in zip(blocks, stopped, strict=True)
        ),
    )
    bulk.copy(
        Outcome,
        OUTCOME,
        (
            _outcome_row(next(ids), subject, kind, digests[subject.payment_id])
            for kind, subjects in (("succeeded", passed), ("blocked", stopped))
            for subject in subjects
        ),
    )


def _judgement(readings: tuple[Reading, ...]) -> dict[str, Any]:
    thresholds = thresholds_in_force()
    score = scoring.score(readings, thresholds)
    return {
        "score": score.score,
        "band": score.band,
        "three_d_secure": score.three_d_secure,
        "readings": bulk.plain([each.as_json() for each in score.readings]),
        "reasons": bulk.plain([each.as_json() for each in readings if each.points > 0]),
        "thresholds": bulk.plain(asdict(thresholds)),
    }


def _assessment_row(
    pk: str, subject: Subject, stage: str, judgement: dict[str, Any], digests: str
) -> tuple[Any, ...]:
    return (
        pk,
        subject.payment_id,
        stage,
        judgement["score"],
        judgement["band"],
        judgement["three_d_secure"],
        judgement["readings"],
        judgement["thresholds"],
        scoring.RULE_VERSION,
        digests,
        None,
        subject.amount_minor,
        subject.currency,
        subject.places,
        subject.course,
        subject.now,
    )


def _attempt_row(
    pk: str, assessment: str, subject: Subject, judgement: dict[str, Any]
) -> tuple[Any, ...]:
    return (
        pk,
        subject.payment_id,
        assessment,
        "blocked",
        judgement["score"],
        subject.amount_minor,
        subject.currency,
        subject.course,
        judgement["reasons"],
        subject.now,
    )


def _outcome_row(pk: str, subject: Subject, kind: str, digests: str) -> tuple[Any, ...]:
    return (
        pk,
        subject.payment_id,
        kind,
        digests,
        subject.course,
        subject.amount_minor,
        subject.now,
    )
