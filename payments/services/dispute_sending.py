"""An answer on its way to the bank: sent once, found out about when the gateway's word is lost."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from core.crashpoints import crash_point
from payments import policy
from payments.gateways import stripe as gateway
from payments.gateways.base import (
    AlreadyDone,
    Busy,
    GatewayDispute,
    NotSent,
    Operation,
    Rejected,
    Unreachable,
)
from payments.models import AnswerKind, AnswerStatus, DisputeAnswer, GatewayCall
from payments.models.gateway_call import KeyTooOld
from payments.models.stateful import MovedMeanwhile
from payments.models.states import DISPUTE_UNANSWERED
from payments.services import dispute_answers, disputes

NEVER_ARRIVED = "never_arrived"
ANSWERED_ELSEWHERE = "answered_elsewhere"
_A = AnswerStatus


def send(answer: DisputeAnswer, *, now: datetime) -> None:
    """Tell the bank, or find out what became of the telling. Raises Busy and NotSent when nothing was done."""
    if answer.status == _A.DECIDED:
        if not answer.dispute.needs_answer:
            _fail(answer, ANSWERED_ELSEWHERE, now)
            return
        answer.send(now=now)
        crash_point("CP16")
    if answer.status == _A.IN_FLIGHT:
        _send(answer, now)
    elif answer.status == _A.UNKNOWN and answer.may_look(now):
        _look_again(answer, now)


def _send(answer: DisputeAnswer, now: datetime) -> None:
    try:
        told = _tell(answer, now)
    except NotSent:
        raise
    except Unreachable as error:
        _lose_sight(answer, error.gateway_code, now)
    except KeyTooOld:
        _lose_sight(answer, "key too old", now)
    except (Rejected, AlreadyDone) as error:
        if _sent_before(answer):
            _lose_sight(answer, error.code or "rejected", now)
        else:
            _fail(answer, error.code or "rejected", now)
    else:
        crash_point("CP17")
        _arrived(answer, told, now)


def _tell(answer: DisputeAnswer, now: datetime) -> GatewayDispute:
    dispute = answer.dispute
    operation = Operation(id=answer.operation_id, payment_id=dispute.payment_id)
    if answer.kind == AnswerKind.ACCEPT:
        return gateway.accept_dispute(operation, dispute_id=dispute.gateway_id, now=now)
    return gateway.send_evidence(
        operation, dispute_id=dispute.gateway_id, evidence=answer.evidence, now=now
    )


def _look_again(answer: DisputeAnswer, now: datetime) -> None:
    """A request may arrive minutes after it was sent: absence is proved only by a look that sends nothing, long
    enough after the last one that did."""
    nothing_under_way = now - _last_sent_at(answer) >= policy.ABSENCE_PROOF
    try:
        told = _seen(answer) if nothing_under_way else _told(answer, now)
    except (Busy, Unreachable):
        _note_check(answer, answer.absent_at, now)
        return
    if _has_it(answer, told):
        _arrived(answer, told, now)
    elif told.status not in DISPUTE_UNANSWERED:
        _fail(answer, ANSWERED_ELSEWHERE, now)
    elif nothing_under_way:
        _fail(answer, NEVER_ARRIVED, now)
    else:
        _note_check(answer, answer.absent_at or now, now)


def _told(answer: DisputeAnswer, now: datetime) -> GatewayDispute:
    """By the same key, and where that brings no answer, by looking at the dispute."""
    try:
        return _tell(answer, now)
    except (Unreachable, Rejected, AlreadyDone, KeyTooOld):
        return _seen(answer)


def _seen(answer: DisputeAnswer) -> GatewayDispute:
    return gateway.dispute(answer.dispute.gateway_id)


def _has_it(answer: DisputeAnswer, told: GatewayDispute) -> bool:
    """Our own name is on the evidence; a loss is a loss, whoever accepted it."""
    if answer.kind == AnswerKind.ACCEPT:
        return told.status == "lost"
    return told.operation_id == answer.operation_id


@transaction.atomic
def _arrived(answer: DisputeAnswer, told: GatewayDispute, now: datetime) -> None:
    answer.succeed(now=now)
    dispute_answers.audited(answer, "dispute.answer_sent", actor="system", now=now)
    # Whoever moved the dispute since it was read may know more; the gateway's message brings the rest.
    with suppress(MovedMeanwhile):
        disputes.mirror(payment=answer.dispute.payment, known=answer.dispute, answer=told, now=now)


@transaction.atomic
def _fail(answer: DisputeAnswer, code: str, now: datetime) -> None:
    answer.fail(code=code, now=now)
    dispute_answers.audited(answer, "dispute.answer_failed", actor="system", now=now)


def _sends(answer: DisputeAnswer) -> QuerySet[GatewayCall]:
    return GatewayCall.objects.filter(operation_id=answer.operation_id)


def _sent_before(answer: DisputeAnswer) -> bool:
    """Whether a request went out before this one: a refusal of the second says nothing of the first."""
    return _sends(answer).filter(sends__gt=1).exists()


def _last_sent_at(answer: DisputeAnswer) -> datetime:
    last: datetime | None = _sends(answer).aggregate(last=Max("last_sent_at"))["last"]
    return last or answer.changed_at


def _lose_sight(answer: DisputeAnswer, cause: str, now: datetime) -> None:
    answer.lose_sight(cause=cause, due_at=policy.next_check(answer.checks, now), now=now)


def _note_check(answer: DisputeAnswer, absent_at: datetime | None, now: datetime) -> None:
    answer.note_check(
        absent_at=absent_at, next_due_at=policy.next_check(answer.checks + 1, now), now=now
    )
