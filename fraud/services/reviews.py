"""The decision that a person owes: opened by payments, decided once, told by `ReviewDecided`."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.errors import Conflict, Invalid
from core.outbox.events import publish
from fraud.events import ReviewDecided, ReviewIsLate
from fraud.models import AlreadyDecided, Assessment, ReviewCase
from fraud.models.review import State
from fraud.selectors import CaseNotFound
from fraud.services import list_learning

__all__ = [
    "REASONS",
    "AlreadyAsked",
    "AlreadyDecided",
    "NoTimeLeft",
    "ask_to_call",
    "decide",
    "hold",
    "lapse_due",
    "may_hold",
    "open",
    "tell_late_due",
    "withdraw",
]

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
STOLEN = ("decline", "stolen_or_tested_card")
NOTE_LENGTH_MAX = 2000
LAPSED = "lapsed"
ONE_DAY = timedelta(hours=24)


class AlreadyAsked(Conflict):
    code = "already_asked"
    detail = "The customer has already been asked to call."


class NoTimeLeft(Conflict):
    code = "no_time_left"
    detail = "There is no time to wait: this counts as declined too soon."


class AlreadyHeld(Conflict):
    code = "already_held"
    detail = "This has already been held for 24 hours."


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
            "score": Assessment.objects.values_list("score", flat=True).get(id=assessment_id),
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
    case = _in_time(case_id, now)
    case.decide(decision, actor=actor, reason=reason, note=note, now=now)
    if (decision, reason) == STOLEN:
        list_learning.learn(payment_id=case.payment_id, why="declined_as_stolen", now=now)
    _tell(case, decision, now)
    _audit(case, actor=actor, now=now)
    return case


@transaction.atomic
def ask_to_call(*, case_id: UUID | str, actor: str, now: datetime) -> ReviewCase:
    """Gives the customer a day to call, once, and never past the hard limit. Whoever calls this tells
    the customer, in the same transaction."""
    case = _in_time(case_id, now)
    if case.asked_to_call_at is not None:
        raise AlreadyAsked
    later = min(max(case.promise_at, now) + ONE_DAY, case.hard_limit_at)
    return _postpone(case, "asked_to_call", to=later, actor=actor, now=now)


@transaction.atomic
def hold(*, case_id: UUID | str, actor: str, now: datetime) -> ReviewCase:
    """Decides a day later, once; refused when the authorisation or the session would not wait so long."""
    case = _in_time(case_id, now)
    if case.held_at is not None:
        raise AlreadyHeld
    if not may_hold(case, now):
        raise NoTimeLeft
    later = max(case.promise_at, now) + ONE_DAY
    return _postpone(case, "held", to=later, actor=actor, now=now)


def may_hold(case: ReviewCase, now: datetime) -> bool:
    """Whether a whole day more ends before silence counts as a decline."""
    later = max(case.promise_at, now) + ONE_DAY
    return case.state == State.OPEN and case.held_at is None and later <= case.hard_limit_at


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


def tell_late_due(*, now: datetime, limit: int = 200) -> int:
    """Says once of each open case that its promise has passed; two at a time share the work."""
    due = ReviewCase.objects.past_promise_untold(now).order_by("promise_at")
    return sum(_tell_late(case_id, now) for case_id in due.values_list("id", flat=True)[:limit])


@transaction.atomic
def _tell_late(case_id: UUID, now: datetime) -> bool:
    waiting = ReviewCase.objects.past_promise_untold(now).select_for_update(skip_locked=True)
    case = waiting.filter(id=case_id).first()
    if case is None:
        return False
    case.late_told_at = now
    case.save(update_fields=["late_told_at"])
    publish(
        ReviewIsLate(
            case_id=str(case.id),
            payment_id=str(case.payment_id),
            promise_at=case.promise_at.isoformat(),
            at=now.isoformat(),
        ),
        now=now,
    )
    return True


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


def _in_time(case_id: UUID | str, now: datetime) -> ReviewCase:
    """The case under its lock. Past its hard limit it is as good as decided, even before the clock's own
    task has come by."""
    case = _locked(case_id)
    if case.state == State.OPEN and case.hard_limit_at <= now:
        raise AlreadyDecided(
            "The time to decide has run out, so this counts as declined.", state=LAPSED
        )
    return case


def _postpone(
    case: ReviewCase, cause: str, *, to: datetime, actor: str, now: datetime
) -> ReviewCase:
    before = case.promise_at
    case.postpone(cause, to=to, actor=actor, now=now)
    audit.record(
        subject=f"fraud.reviewcase:{case.id}",
        action=f"review.{cause}",
        actor=actor,
        before={"promise_at": before.isoformat()},
        after={"promise_at": to.isoformat()},
        now=now,
    )
    return case


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
