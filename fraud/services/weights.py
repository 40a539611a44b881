"""The weight sets: which is in force, and an owner's word about each. Nothing changes by itself."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.errors import Conflict, Invalid
from fraud import scoring
from fraud.models import WeightSetRow, WeightState
from fraud.risk_signals import FACTORS
from fraud.selectors_weights import WeightSetNotFound

KEPT = 8


class VersionTaken(Conflict):
    code = "version_taken"
    detail = "There is already a weight set of that version."


def of(weight_set_id: str | None) -> scoring.WeightSet:
    """The weight set by its id; without one the shipped. Its points never change, so it is read once."""
    return scoring.SHIPPED if weight_set_id is None else _read(weight_set_id)


@transaction.atomic
def propose(
    *, weights: scoring.WeightSet, figures: dict[str, Any], actor: str, now: datetime
) -> WeightSetRow:
    """Keeps a weight set that judges nothing yet. Raises Invalid for factors nobody knows."""
    if unknown := set(weights.factors) - set(FACTORS):
        raise Invalid(f"Nobody knows these factors: {', '.join(sorted(unknown))}.")
    if WeightSetRow.objects.filter(version=weights.version).exists():
        raise VersionTaken
    row = WeightSetRow.objects.create(
        version=weights.version,
        weights=scoring.as_json(weights),
        figures=figures,
        proposed_at=now,
    )
    _audit(row, "weights.proposed", actor, "", now)
    return row


@transaction.atomic
def move(
    *, weight_set_id: UUID | str, state: str, reason: str, actor: str, now: datetime
) -> WeightSetRow:
    """Makes a set live or its shadow, or takes it out of use; the one that was there is retired.
    The caller has asked whether the actor may."""
    if state not in (WeightState.LIVE, WeightState.SHADOW, WeightState.RETIRED):
        raise Invalid(fields={"state": ["Choose live, shadow or retired."]})
    if not reason.strip():
        raise Invalid(fields={"reason": ["Say why."]})
    rows = {str(row.id): row for row in WeightSetRow.objects.select_for_update().order_by("id")}
    row = rows.get(str(weight_set_id))
    if row is None:
        raise WeightSetNotFound
    if state != WeightState.RETIRED:
        for other in rows.values():
            if other.state == state and other.id != row.id:
                _enter(other, WeightState.RETIRED, f"Replaced by {row.version}", actor, now)
    _enter(row, state, reason, actor, now)
    return row


def _enter(row: WeightSetRow, state: str, reason: str, actor: str, now: datetime) -> None:
    row.state = state
    row.adopted_at, row.adopted_by = now, actor
    row.save(update_fields=["state", "adopted_at", "adopted_by"])
    _audit(row, f"weights.{state}", actor, reason, now)


@lru_cache(KEPT)
def _read(weight_set_id: str) -> scoring.WeightSet:
    return scoring.from_json(WeightSetRow.objects.get(id=weight_set_id).weights)


def subject_of(weight_set_id: UUID) -> str:
    """As the audit names it."""
    return f"fraud.weightsetrow:{weight_set_id}"


def _audit(row: WeightSetRow, action: str, actor: str, reason: str, now: datetime) -> None:
    audit.record(
        subject=subject_of(row.id),
        action=action,
        actor=actor,
        reason=reason,
        after={"state": row.state},
        now=now,
    )
