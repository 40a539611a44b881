"""Changing what cancelling gives back. A booking keeps its own copy: only bookings made from now on see the change."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.errors import Invalid, NotFound
from courses import policy
from courses.models import CancellationPolicy

REASON_LENGTH_MAX = 500
CONSUMER_DAYS_MAX = 365


class PolicyNotFound(NotFound):
    code = "policy_not_found"
    detail = "We can’t find that cancellation policy."


@transaction.atomic
def change(
    *,
    policy_id: UUID | str,
    tiers: list[dict[str, int]],
    consumer_right_days: int,
    reason: str,
    actor: str,
    now: dt.datetime,
) -> CancellationPolicy:
    """Raises Invalid, per field, with sentences; PolicyNotFound."""
    problems: dict[str, list[str]] = {}
    if wrong := policy.problems(tiers):
        problems["tiers"] = wrong
    if not 0 <= consumer_right_days <= CONSUMER_DAYS_MAX:
        problems["consumer_right_days"] = [f"Between 0 and {CONSUMER_DAYS_MAX} days."]
    if not reason.strip() or len(reason) > REASON_LENGTH_MAX:
        problems["reason"] = [f"Say why, in at most {REASON_LENGTH_MAX} characters."]
    if problems:
        raise Invalid(fields=problems)
    found = CancellationPolicy.objects.select_for_update(no_key=True).filter(pk=policy_id).first()
    if found is None:
        raise PolicyNotFound
    before = found.snapshot()
    found.tiers, found.consumer_right_days = tiers, consumer_right_days
    found.save(update_fields=["tiers", "consumer_right_days"])
    audit.record(
        subject=f"courses.cancellationpolicy:{found.pk}",
        action="policy.changed",
        actor=actor,
        reason=reason,
        before=_told(before),
        after=_told(found.snapshot()),
        now=now,
    )
    return found


def _told(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Without the name, which the audit trail would take for a person's."""
    return {key: value for key, value in snapshot.items() if key != "name"}
