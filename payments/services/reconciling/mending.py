"""What a person does about a difference: look at it again, adopt what Stripe did, give it to somebody, explain it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.errors import Conflict, Invalid, NotFound
from core.sagas import engine
from payments.gateways import stripe as gateway
from payments.models import (
    Difference,
    DifferenceKind,
    DifferenceStatus,
    Dispute,
    Payment,
    PaymentStatus,
    Refund,
    StrayKind,
)
from payments.services import checkout, disputes, refund_sending, stray_money
from payments.services import ledger as books
from payments.services.reconciling import balance, given_back, keeping, taken
from payments.services.reconciling.finding import Finding, Span
from payments.services.reconciling.run import SETTLES

NOTE_LENGTH_MAX = 2000
_K, _S = DifferenceKind, DifferenceStatus
PAYMENTS = (_K.PAYMENT_UNKNOWN, _K.PAYMENT_MISSING, _K.PAYMENT_AMOUNT, _K.PAYMENT_STATE)
REFUNDS = (_K.REFUND_UNKNOWN, _K.REFUND_MISSING, _K.REFUND_AMOUNT, _K.REFUND_STATE)


class DifferenceNotFound(NotFound):
    code = "difference_not_found"
    detail = "We can’t find that difference."


class EndedAlready(Conflict):
    code = "difference_ended"
    detail = "It is settled already."


class NothingToAdopt(Conflict):
    code = "nothing_to_adopt"
    detail = "This can’t be taken over by itself. Give it to a person."


def look_again(*, difference_id: UUID | str, actor: str, now: datetime) -> Difference:
    """Has our side catch up with Stripe, then compares this one thing anew; it ends here if it is gone."""
    difference = _standing(difference_id)
    _catch_up(difference, now)
    findings = [each for each in _judged(difference, now) if each.subject == difference.subject]
    if any(each.kind == difference.kind for each in findings):
        keeping.keep(findings, now=now)
    else:
        keeping.end(difference, now=now)
    difference.refresh_from_db()
    _audit(difference, "difference.looked_again", actor=actor, now=now)
    return difference


def may_adopt(difference: Difference) -> bool:
    """Whether what Stripe did can become ours by one press."""
    return difference.kind in _ADOPTS and (
        difference.kind not in (_K.REFUND_UNKNOWN, _K.DISPUTE_STATE, _K.PAYMENT_STATE)
        or difference.payment_id is not None
    )


def adopt(*, difference_id: UUID | str, actor: str, now: datetime) -> Difference:
    """Takes over what Stripe did: a refund made there, a dispute, a payment that is on nobody's list, a movement."""
    difference = _standing(difference_id)
    if not may_adopt(difference):
        raise NothingToAdopt
    _ADOPTS[DifferenceKind(difference.kind)](difference, now)
    _audit(difference, "difference.adopted", actor=actor, now=now)
    return look_again(difference_id=difference.pk, actor=actor, now=now)


@transaction.atomic
def give_to(*, difference_id: UUID | str, person: str, actor: str, now: datetime) -> Difference:
    difference = _standing(difference_id, lock=True)
    if not person.strip():
        raise Invalid(fields={"person": ["Say who looks into it."]})
    difference.status, difference.given_to = _S.GIVEN, person[:150]
    difference.save(update_fields=["status", "given_to"])
    _audit(difference, "difference.given", actor=actor, now=now)
    return difference


@transaction.atomic
def explain(*, difference_id: UUID | str, note: str, actor: str, now: datetime) -> Difference:
    """A person knows why; it comes back only when it changes."""
    difference = _standing(difference_id, lock=True)
    note = note.strip()
    if not note or len(note) > NOTE_LENGTH_MAX:
        raise Invalid(fields={"note": [f"Say why, in at most {NOTE_LENGTH_MAX:,} characters."]})
    difference.status, difference.note = _S.EXPLAINED, note
    difference.ended_at, difference.ended_by = now, actor
    difference.save(update_fields=["status", "note", "ended_at", "ended_by"])
    _audit(difference, "difference.explained", actor=actor, now=now)
    return difference


# --- Looking ---------------------------------------------------------------------------------------


def _catch_up(difference: Difference, now: datetime) -> None:
    """What a message from Stripe would set off; a saga that waits for a person stays where it is."""
    payment = difference.payment
    if difference.kind in PAYMENTS and payment is not None and payment.is_open:
        engine.resume(name=checkout.SAGA, subject_id=payment.id, cause="money check", now=now)
    if difference.kind in REFUNDS:
        refund = Refund.objects.filter(gateway_id=difference.subject).first()
        if refund is not None:
            refund_sending.apply(refund, gateway.refund(difference.subject), now=now)


def _judged(difference: Difference, now: datetime) -> Iterator[Finding]:
    kind, subject, settled = difference.kind, difference.subject, now
    if kind == _K.PAYMENT_MISSING:
        yield from taken.missing(_payment(difference), settled=settled)
    elif kind in PAYMENTS:
        yield from taken.judge([gateway.payment(subject)], settled=settled)
    elif kind == _K.REFUND_MISSING:
        for refund in Refund.objects.filter(gateway_id=subject):
            yield from given_back.missing(refund, settled=settled)
    elif kind in REFUNDS:
        yield from given_back.judge([gateway.refund(subject)], settled=settled)
    elif kind == _K.DISPUTE_STATE:
        yield from given_back.judge_disputes([gateway.dispute(subject)])
    else:
        at = difference.happened_at
        yield from balance.compare(Span(since=at - SETTLES, until=at + SETTLES, settled=now))


# --- Adopting --------------------------------------------------------------------------------------


def _adopt_refund(difference: Difference, now: datetime) -> None:
    answer = gateway.refund(difference.subject)
    refund_sending.adopt(payment=_payment(difference), answer=answer, now=now)


def _adopt_dispute(difference: Difference, now: datetime) -> None:
    known = Dispute.objects.filter(gateway_id=difference.subject).first()
    answer = gateway.dispute(difference.subject)
    disputes.mirror(payment=_payment(difference), known=known, answer=answer, now=now)


def _adopt_payment(difference: Difference, now: datetime) -> None:
    """Money that Stripe took for a payment that ended here: on the list of money without a place."""
    answer = gateway.payment(difference.subject)
    if _payment(difference).is_open or not stray_money.left_of(answer):
        raise NothingToAdopt
    stray_money.found(
        payment=_payment(difference), kind=StrayKind.PAYMENT, gateway_id=answer.id,
        amount_minor=stray_money.left_of(answer), now=now,
    )  # fmt: skip


def _adopt_movement(difference: Difference, now: datetime) -> None:
    """A payment or refund of ours whose movement was never written."""
    payment = Payment.objects.filter(
        charge_id=difference.subject, status=PaymentStatus.SUCCEEDED
    ).first()
    refund = Refund.objects.filter(gateway_id=difference.subject).first()
    if payment is not None:
        books.taken(payment, now=now)
    elif refund is not None:
        books.given_back(refund, at=refund.changed_at, now=now)
    else:
        raise NothingToAdopt


_ADOPTS: dict[DifferenceKind, Callable[[Difference, datetime], None]] = {
    _K.REFUND_UNKNOWN: _adopt_refund,
    _K.DISPUTE_STATE: _adopt_dispute,
    _K.PAYMENT_STATE: _adopt_payment,
    _K.LEDGER_MISSING: _adopt_movement,
    _K.LEDGER_AMOUNT: _adopt_movement,
}


def _payment(difference: Difference) -> Payment:
    if difference.payment is None:
        raise NothingToAdopt
    return difference.payment


def _standing(difference_id: UUID | str, *, lock: bool = False) -> Difference:
    rows = Difference.objects.select_related("payment")
    if lock:
        rows = rows.select_for_update(of=("self",))
    difference = rows.filter(pk=difference_id).first()
    if difference is None:
        raise DifferenceNotFound
    if difference.status not in keeping.STANDING:
        raise EndedAlready
    return difference


def _audit(difference: Difference, action: str, *, actor: str, now: datetime) -> None:
    audit.record(
        subject=f"payments.difference:{difference.pk}",
        action=action,
        actor=actor,
        reason=difference.note,
        after={
            "status": str(difference.status),
            "given_to": difference.given_to,
            "ours_minor": difference.ours_minor,
            "theirs_minor": difference.theirs_minor,
        },
        now=now,
    )
