"""The decision that a person owes: opened by payments, decided once, told by `ReviewDecided`."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.errors import Invalid
from core.outbox.events import publish
from fraud.events import ReviewDecided
from fraud.models import AlreadyDecided, ReviewCase
from fraud.models.review import State
from fraud.selectors import CaseNotFound

__all__ = ["REASONS", "AlreadyDecided", "decide", "lapse_due", "open", "withdraw"]

OTHER = "other"
REASONS: dict[str, dict[str, str]] = {
    "approve": {
        "spoke_to_customer": "Spoke to the customer",
        "known_organisation": "Known organisation",
        "score_wrong": "Score was wrong",
        OTHER: "Something else",
    },
    "decline": {
        "stolen_or_tested_card": "Stolen or tested card",
        "not_confirmed": "Could not confirm the customer",
        "duplicate_or_mistake": "Duplicate or mistake",
        OTHER: "Something else",
    },
}
NOTE_LENGTH_MAX = 2000
LAPSED = "lapsed"


@transaction.atomic
def open(
    *,
    payment_id: UUID | str,
    assessment_id: UUID | str,
    booking_reference: str,
    amount_minor: int,
    promise_at: datetime,
    hard_limit_at: datetime,
    now: datetime,
) -> ReviewCase:
    """The payment's case; opened again, it is the one that was opened first."""
    case, fresh = ReviewCase.objects.get_or_create(
        payment_id=payment_id,
        defaults={
            "assessment_id": assessment_id,
            "booking_reference": booking_reference,
            "amount_minor": amount_minor,
            "opened_at": now,
            "promise_at": min(promise_at, hard_limit_at),
            "hard_limit_at": hard_limit_at,
        },
    )
    if fresh:
        case.leave_history(from_state="", actor="system", cause="open", now=now)
    return case


@transaction.atomic
def decide(
    *,
    case_id: UUID | str,
    decision: str,
    reason: str,
    note: str = "",
    actor: str,
    now: datetime,
) -> ReviewCase:
    """Approves or declines once. The second of two deciders gets `AlreadyDecided`; past the hard
    limit nobody decides any more, even before the clock's own task has come by."""
    _refuse_bad_input(decision, reason, note)
    case = _locked(case_id)
    if case.state == State.OPEN and case.hard_limit_at <= now:
        raise AlreadyDecided(
            "The time to decide has run out, so this counts as declined.", state=LAPSED
        )
    case.decide(decision, actor=actor, reason=reason, note=note, now=now)
    _tell(case, decision, now)
    _audit(case, actor=actor, now=now)
    return case


@transaction.atomic
def withdraw(*, payment_id: UUID | str, actor: str = "system", now: datetime) -> ReviewCase | None:
    """Takes an open case off the queue because its booking is gone; a decided one stays as it is."""
    case = ReviewCase.objects.locked().filter(payment_id=payment_id).first()
    if case is not None and case.state == State.OPEN:
        case.decide("withdraw", actor=actor, now=now)
        _audit(case, actor=actor, now=now)
    return case


def lapse_due(*, now: datetime, limit: int = 200) -> int:
    """Closes the cases whose hard limit has passed; each in a transaction of its own. Two at a
    time share the work: a case that another holds is left to it."""
    due = ReviewCase.objects.past_hard_limit(now).order_by("hard_limit_at")
    return sum(_lapse(case_id, now) for case_id in due.values_list("id", flat=True)[:limit])


@transaction.atomic
def _lapse(case_id: UUID, now: datetime) -> bool:
    waiting = ReviewCase.objects.past_hard_limit(now).select_for_update(skip_locked=True)
    case = waiting.filter(id=case_id).first()
    if case is None:
        return False
    case.decide("lapse", actor="system", now=now)
    _tell(case, LAPSED, now)
    _audit(case, actor="system", now=now)
    return True


def _refuse_bad_input(decision: str, reason: str, note: str) -> None:
    if decision not in REASONS:
        raise Invalid(fields={"decision": ["Choose approve or decline."]})
    if reason not in REASONS[decision]:
        raise Invalid(fields={"reason": ["Choose a reason."]})
    if reason == OTHER and not note.strip():
        raise Invalid(fields={"note": ["Say what the reason was."]})
    if len(note) > NOTE_LENGTH_MAX:
        raise Invalid(fields={"note": [f"Use at most {NOTE_LENGTH_MAX} characters."]})


def _locked(case_id: UUID | str) -> ReviewCase:
    try:
        return ReviewCase.objects.locked().get(id=case_id)
    except ReviewCase.DoesNotExist:
        raise CaseNotFound from None


def _tell(case: ReviewCase, decision: str, now: datetime) -> None:
    publish(
        ReviewDecided(
            case_id=str(case.id),
            payment_id=str(case.payment_id),
            decision=decision,
            at=now.isoformat(),
        ),
        now=now,
    )


def _audit(case: ReviewCase, *, actor: str, now: datetime) -> None:
    audit.record(
        subject=f"fraud.reviewcase:{case.id}",
        action=f"review.{case.state}",
        actor=actor,
        reason=case.reason,
        before={"state": State.OPEN.value},
        after={"state": case.state},
        now=now,
    )
