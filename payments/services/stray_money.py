"""Money that came, or went, without a place in our books: found once, decided by a person, ended with the gateway."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.errors import Conflict, Invalid, NotFound
from core.outbox.events import publish
from core.sagas import engine
from core.sagas import services as interventions
from core.sagas.models import SagaRun
from core.sagas.states import State
from courses import selectors as courses
from payments.events import StrayMoneyReturned
from payments.gateways import stripe as gateway
from payments.gateways.base import GatewayPayment, Operation, Rejected
from payments.models import Payment, StrayKind, StrayMoney, StrayStatus
from payments.services.refusals import DisputeOpen

SAGA = "stray_money"
NOTE_LENGTH_MAX = 2000
_S = StrayStatus


class StrayMoneyNotFound(NotFound):
    code = "stray_money_not_found"
    detail = "We can’t find that money."


class DecidedAlready(Conflict):
    code = "decided_already"
    detail = "Somebody has decided this already."


class TriedTwice(Conflict):
    code = "stray_money_tried_twice"
    detail = "It came back twice already. Pay it by bank transfer, then match it by hand."


@transaction.atomic
def found(
    *, payment: Payment, kind: str, gateway_id: str, amount_minor: int, now: datetime
) -> StrayMoney:
    """On a person's list, once. What was given back and is there again is open again."""
    stray, fresh = StrayMoney.objects.get_or_create(
        gateway_id=gateway_id,
        defaults={
            "payment": payment, "kind": kind, "amount_minor": amount_minor,
            "currency": payment.currency, "found_at": now,
        },
    )  # fmt: skip
    if not fresh and stray.status == _S.GIVEN_BACK:
        stray.move(_S.OPEN, from_=_S.GIVEN_BACK, amount_minor=amount_minor, found_at=now)
        fresh = True
    if fresh:
        _audit(stray, "stray_money.found", actor="gateway", now=now)
    return stray


@transaction.atomic
def give_back(*, stray_id: UUID | str, note: str, actor: str, now: datetime) -> StrayMoney:
    """All of it is to go back; a worker sends it after commit. Raises Invalid, DecidedAlready."""
    stray = _decide(stray_id, _S.GIVING_BACK, note, actor, now)
    ended = SagaRun.objects.filter(name=SAGA, subject_id=stray.id).first()
    if ended is not None and engine.start_again(run_id=ended.id, now=now) is None:
        raise TriedTwice
    if ended is None:
        booking = courses.booking(stray.payment.booking_id)
        engine.start(
            name=SAGA,
            subject_id=stray.id,
            data={"booking": booking.reference},
            now=now,
            in_background=True,
        )
    return stray


@transaction.atomic
def match(*, stray_id: UUID | str, note: str, actor: str, now: datetime) -> StrayMoney:
    """A person has found where it belongs, or settled it outside. What can't go back by card ends like this too, and
    its journey with it. Raises Invalid, DecidedAlready."""
    stray = _decide(stray_id, _S.MATCHED, note, actor, now)
    run = _standing_still(stray)
    if run is not None:
        interventions.mark_done_by_hand(run_id=run.id, actor=actor, reason=note, now=now)
    return stray


def is_undecided(stray: StrayMoney) -> bool:
    """Whether a person is asked about it: nobody was yet, or it was to go back and can't."""
    if stray.status == _S.GIVING_BACK:
        return _standing_still(stray) is not None
    return stray.is_open


def send(stray: StrayMoney, *, booking: str, now: datetime) -> None:
    """Ask the gateway for all that is left, unless nothing is; may be repeated after a crash.

    Raises DisputeOpen, Rejected, and what the gateway raises when it gives no answer.
    """
    answer = gateway.payment(stray.gateway_id)
    left = left_of(answer)
    if answer.charge is not None and answer.charge.disputed and left:
        raise DisputeOpen
    if left:
        # Each decision asks anew: under the key of an earlier one the gateway would only repeat its answer.
        decision = int(stray.decided_at.timestamp()) if stray.decided_at else 0
        name = f"stray-{stray.id}-{decision:x}-{left}"
        operation = Operation(id=name, payment_id=stray.payment_id)
        given = gateway.give_rest_back(
            operation, payment_id=stray.gateway_id, amount_minor=left, booking=booking, now=now
        )
        if given.status in ("failed", "canceled"):
            raise Rejected(given.failure_reason or given.status)
    _given_back(stray, now)


def unfinished(stray_id: UUID) -> str:
    """Why a person may not close its journey by hand; "" when nothing stands against it."""
    if _stray(stray_id).status != _S.GIVING_BACK:
        return ""
    return (
        "The money is still at Stripe. Refund it there, then try this step again; where it can’t go back"
        " by card, match it by hand."
    )


def left_of(answer: GatewayPayment) -> int:
    """What the gateway has taken and not given back. What it had only set aside and let go counts there as given
    back, though nothing was taken: that leaves nothing."""
    given = answer.charge.amount_refunded if answer.charge is not None else 0
    return max(0, answer.amount_received - given)


@transaction.atomic
def _given_back(stray: StrayMoney, now: datetime) -> None:
    stray.move(_S.GIVEN_BACK, from_=_S.GIVING_BACK)
    _audit(stray, "stray_money.given_back", actor="system", now=now)
    publish(
        StrayMoneyReturned(
            stray_id=str(stray.id),
            payment_id=str(stray.payment_id),
            booking_id=str(stray.payment.booking_id),
            amount_minor=stray.amount_minor,
            currency=stray.currency,
            at=now.isoformat(),
        ),
        now=now,
    )


@transaction.atomic
def _decide(stray_id: UUID | str, status: str, note: str, actor: str, now: datetime) -> StrayMoney:
    if not note.strip():
        raise Invalid(fields={"note": ["Say why."]})
    if len(note) > NOTE_LENGTH_MAX:
        raise Invalid(fields={"note": [f"Use at most {NOTE_LENGTH_MAX} characters."]})
    stray = _stray(stray_id, lock=True)
    if not is_undecided(stray) or (status == _S.GIVING_BACK and not stray.is_open):
        raise DecidedAlready
    if status == _S.GIVING_BACK and stray.kind != StrayKind.PAYMENT:
        raise Invalid(fields={"choice": ["This money has gone already: it can’t be given back."]})
    before = {"status": str(stray.status)}
    stray.status, stray.note, stray.decided_by, stray.decided_at = status, note, actor, now
    stray.save(update_fields=["status", "note", "decided_by", "decided_at"])
    _audit(stray, f"stray_money.{status}", actor=actor, now=now, before=before)
    return stray


def _standing_still(stray: StrayMoney) -> SagaRun | None:
    """Its journey back, where that waits for a person."""
    runs = SagaRun.objects.filter(name=SAGA, subject_id=stray.id, state=State.NEEDS_ATTENTION)
    return runs.first()


def _stray(stray_id: UUID | str, *, lock: bool = False) -> StrayMoney:
    rows = StrayMoney.objects.select_related("payment")
    if lock:
        rows = rows.select_for_update(of=("self",))
    stray = rows.filter(pk=stray_id).first()
    if stray is None:
        raise StrayMoneyNotFound
    return stray


def _audit(
    stray: StrayMoney, action: str, *, actor: str, now: datetime,
    before: dict[str, str] | None = None,
) -> None:  # fmt: skip
    audit.record(
        subject=f"payments.straymoney:{stray.id}",
        action=action,
        actor=actor,
        reason=stray.note,
        before=before,
        after={
            "status": str(stray.status),
            "payment": str(stray.payment_id),
            "amount_minor": stray.amount_minor,
        },
        now=now,
    )
