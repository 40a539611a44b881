"""Judgements of sample payments, in bulk: for screens and benchmarks, never for a real shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from core.database import bulk
from fraud import scoring
from fraud.history import windows
from fraud.history.facts import Facts
from fraud.history.profile import Profile
from fraud.models import Assessment, FraudAttempt, Outcome
from fraud.risk_signals import values_of
from fraud.services.assessments import judge, signals_in_force, thresholds_in_force
from fraud.subject import Subject, keys

# Nobody tried before the bulk of a shop's payments; before the stopped ones somebody tried cards out.
# (tries, declined) of the last minutes, by kind of key.
CALM = {"email": (0, 0), "address": (0, 0)}
STORM = {"email": (12, 9), "address": (24, 18)}
PAID_BEFORE = 30
ASSESSMENT = (
    "id", "payment_id", "stage", "score", "band", "three_d_secure", "readings", "thresholds",
    "rule_version", "values", "total", "keys", "card", "amount_minor", "currency", "places", "course", "assessed_at",
)  # fmt: skip
OUTCOME = ("id", "payment_id", "kind", "keys", "course", "amount_minor", "happened_at")
ATTEMPT = (
    "id", "payment_id", "assessment", "verdict", "score", "amount_minor", "currency", "course",
    "reasons", "attempted_at",
)  # fmt: skip


def fill(*, passed: Sequence[Subject], stopped: Sequence[Subject]) -> None:
    """Assessments of both stages and the success of what passed; the block of what was stopped."""
    judged = _Judged()
    digests = {each.payment_id: bulk.plain(keys(each)) for each in (*passed, *stopped)}
    ids = bulk.ids()
    assessed = [
        _assessment_row(
            next(ids), subject, stage, judged.of(subject, stage, CALM), digests[subject.payment_id]
        )
        for subject in passed
        for stage in ("before", "after")
    ]
    storms = [judged.of(subject, "before", STORM) for subject in stopped]
    blocks = [
        _assessment_row(next(ids), subject, "before", storm, digests[subject.payment_id])
        for subject, storm in zip(stopped, storms, strict=True)
    ]
    bulk.copy(Assessment, ASSESSMENT, assessed + blocks)
    bulk.copy(
        FraudAttempt,
        ATTEMPT,
        (
            _attempt_row(next(ids), row[0], subject, storm)
            for row, subject, storm in zip(blocks, stopped, storms, strict=True)
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


class _Judged:
    """What the real signals say, asked once for all payments that look the same to them."""

    def __init__(self) -> None:
        self.thresholds = thresholds_in_force()
        self.known: dict[tuple[Any, ...], dict[str, Any]] = {}

    def of(self, subject: Subject, stage: str, tries: dict[str, tuple[int, int]]) -> dict[str, Any]:
        looks = (stage, tries is STORM, subject.amount_minor, subject.places)
        if looks not in self.known:
            self.known[looks] = self._judgement(
                replace(subject, stage=stage), _facts(subject, tries)
            )
        return self.known[looks]

    def _judgement(self, subject: Subject, facts: Facts) -> dict[str, Any]:
        seen = values_of(subject, facts, signals_in_force())
        values = {name: value for name, value in seen.items() if value is not None}
        score = judge(subject, facts, self.thresholds, seen)
        return {
            "score": score.score,
            "band": score.band,
            "three_d_secure": score.three_d_secure,
            "readings": bulk.plain([each.as_json() for each in score.readings]),
            "reasons": bulk.plain([each.as_json() for each in score.readings if each.points > 0]),
            "thresholds": bulk.plain(asdict(self.thresholds)),
            "values": bulk.plain(values),
            "total": score.total,
        }


def _facts(subject: Subject, tries: dict[str, tuple[int, int]]) -> Facts:
    now = int(subject.now.timestamp())
    course = Profile("course")
    course.amounts = [subject.amount_minor // subject.places] * PAID_BEFORE
    profiles = {"course": course}
    for kind, (tried, declined) in tries.items():
        profiles[kind] = Profile(kind)
        profiles[kind].count(windows.TRIES, now=now, times=tried)
        profiles[kind].count(windows.DECLINED, now=now, times=declined)
    return Facts(now=now, profiles=profiles)


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
        scoring.SHIPPED.version,
        judgement["values"],
        judgement["total"],
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
