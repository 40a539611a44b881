"""Advice as rows: found each hour, decided by people, and measured again after it was done."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from core.audit import services as audit
from core.errors import Conflict, Invalid, NotFound
from core.performance import advice, selectors
from core.performance.advice import VISITS_MIN, Finding
from core.performance.models import Suggestion, SuggestionRefused, SuggestionState
from core.performance.selectors import Line, Period

LOOK_BACK = timedelta(hours=24)
GONE_AFTER = timedelta(days=3)
STAYS = ("about", "advice", "detail")


class SuggestionNotFound(NotFound):
    code = "suggestion_not_found"
    detail = "There is no such suggestion."


class AlreadyDecided(Conflict):
    code = "suggestion_decided"
    detail = "Somebody has decided that already."


class ReasonMissing(Invalid):
    code = "reason_missing"
    detail = "Say why: it is kept with the suggestion."


def look(*, now: datetime) -> int:
    """Find what could be quicker in the last day; how many findings. What was decided stays decided."""
    period = selectors.period(since=now - LOOK_BACK, until=now + timedelta(hours=1))
    texts = selectors.texts(line.detail for line in period.statements())
    findings = [finding for each in advice.ALL for finding in each(period, texts)]
    for finding in findings:
        _keep(finding, now)
    _forget_gone(now)
    return len(findings)


def measure_released(*, now: datetime) -> int:
    """Of what was released and has been visited enough since: what it brought. How many were measured."""
    measured = 0
    released = Suggestion.objects.filter(
        state=SuggestionState.ACCEPTED, released_at__lt=now - timedelta(hours=1)
    )
    for suggestion in released:
        since = _next_hour(suggestion.released_at or now)
        line = _measured_by(suggestion, selectors.period(since=since, until=now))
        if line is not None and line.count >= VISITS_MIN:
            suggestion.prove(line.p95, now=now)
            measured += 1
    return measured


def accept(*, suggestion_id: int, actor: str, now: datetime) -> Suggestion:
    return _decide(
        suggestion_id, "accepted", actor, now, lambda each: each.accept(actor=actor, now=now)
    )


def not_now(*, suggestion_id: int, actor: str, now: datetime) -> Suggestion:
    """It comes back after two weeks if it still holds."""
    return _decide(
        suggestion_id, "put off", actor, now, lambda each: each.put_off(actor=actor, now=now)
    )


def dismiss(*, suggestion_id: int, reason: str, actor: str, now: datetime) -> Suggestion:
    if not reason.strip():
        raise ReasonMissing(fields={"reason": ["Say why."]})
    return _decide(
        suggestion_id,
        "dismissed",
        actor,
        now,
        lambda each: each.dismiss(reason=reason[:200], actor=actor, now=now),
        reason=reason,
    )


def reopen(*, suggestion_id: int, actor: str, now: datetime) -> Suggestion:
    return _decide(
        suggestion_id, "reopened", actor, now, lambda each: each.reopen(actor=actor, now=now)
    )


def release(*, suggestion_id: int, actor: str, now: datetime) -> Suggestion:
    """The change is out: from the next full hour on it is measured against what was before."""
    return _decide(
        suggestion_id, "released", actor, now, lambda each: each.release(actor=actor, now=now)
    )


def _decide(
    suggestion_id: int,
    action: str,
    actor: str,
    now: datetime,
    change: Callable[[Suggestion], None],
    *,
    reason: str = "",
) -> Suggestion:
    with transaction.atomic():
        suggestion = Suggestion.objects.select_for_update().filter(pk=suggestion_id).first()
        if suggestion is None:
            raise SuggestionNotFound
        before = {"state": suggestion.state}
        try:
            change(suggestion)
        except SuggestionRefused:
            raise AlreadyDecided from None
        audit.record(
            subject=f"performance.suggestion:{suggestion.pk}",
            action=action,
            actor=actor,
            reason=reason,
            before=before,
            after={"state": suggestion.state},
            now=now,
        )
    return suggestion


def _keep(finding: Finding, now: datetime) -> None:
    """New, or with today's numbers; one that was put off comes back when its time is over."""
    facts: dict[str, Any] = {
        "title": finding.title[:200],
        "finding": finding.finding,
        "evidence": [list(each) for each in finding.evidence],
        "gain": finding.gain[:200],
        "effort": finding.effort,
        "measure": finding.measure,
        "value_ms": finding.value_ms,
        "trace": finding.trace,
        "seen_at": now,
    }
    key = {name: getattr(finding, name) for name in STAYS}
    Suggestion.objects.update_or_create(
        **key, defaults=facts, create_defaults={**key, **facts, "found_at": now}
    )
    Suggestion.objects.filter(**key, state=SuggestionState.NOT_NOW, again_at__lte=now).update(
        state=SuggestionState.OPEN, again_at=None
    )
    # What was done and comes back is a new finding.
    Suggestion.objects.filter(
        **key, state=SuggestionState.MEASURED, measured_at__lt=now - GONE_AFTER
    ).update(state=SuggestionState.OPEN, released_at=None, after_ms=None, measured_at=None)


def _forget_gone(now: datetime) -> None:
    """What nobody decided on and no longer holds was no work for anybody."""
    Suggestion.objects.filter(
        Q(state=SuggestionState.OPEN) | Q(state=SuggestionState.NOT_NOW),
        seen_at__lt=now - GONE_AFTER,
    ).delete()


def _measured_by(suggestion: Suggestion, period: Period) -> Line | None:
    detail = suggestion.detail if suggestion.measure == "process" else ""
    wanted = (suggestion.measure, suggestion.about, detail)
    return next(
        (line for line in period.lines if (line.kind, line.name, line.detail) == wanted), None
    )


def _next_hour(moment: datetime) -> datetime:
    """The first that has nothing in it from before."""
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
