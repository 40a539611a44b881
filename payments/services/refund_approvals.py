"""The second person: approves what another asked for, sends it back with a question, or it is withdrawn."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.database.transactions import rerun_on_conflict
from core.errors import Invalid, Refused
from payments.models import Refund, RefundStatus
from payments.services import refunds, reservations
from payments.services.refusals import NotWaiting, RefundNotFound

NOTE_LENGTH_MAX = 500


class NotYourOwn(Refused):
    code = "not_your_own"
    detail = "You asked for this refund, so somebody else has to approve it."


class OnlyYourOwn(Refused):
    code = "only_your_own"
    detail = "Only the person who asked for this refund can do that."


@rerun_on_conflict
@transaction.atomic
def approve(*, refund_id: UUID | str, actor: str, now: datetime) -> Refund:
    """Its places go and its money is sent. Raises NotWaiting, NotYourOwn."""
    refund = _waiting(refund_id, RefundStatus.REQUESTED)
    if refund.requested_by == actor:
        raise NotYourOwn
    refund.approve(actor=actor, cause="approved by a second person", now=now)
    refunds.audited(refund, "refund.approved", actor, now)
    if refund.cancels_places:
        refunds.cancel_places_of(refund, actor=actor, now=now)
    refunds.start(refund, now)
    return refund


@transaction.atomic
def send_back(*, refund_id: UUID | str, note: str, actor: str, now: datetime) -> Refund:
    """A question to whoever asked; nothing moves meanwhile. Raises Invalid without a note, NotWaiting, NotYourOwn."""
    note = _note(note)
    refund = _waiting(refund_id, RefundStatus.REQUESTED)
    if refund.requested_by == actor:
        raise NotYourOwn
    refund.send_back(actor=actor, cause=note, now=now)
    refunds.audited(refund, "refund.sent_back", actor, now, note)
    return refund


@transaction.atomic
def ask_again(*, refund_id: UUID | str, note: str, actor: str, now: datetime) -> Refund:
    """The answer to that question. Raises Invalid without a note, NotWaiting, OnlyYourOwn."""
    note = _note(note)
    refund = _waiting(refund_id, RefundStatus.SENT_BACK)
    if actor != refund.requested_by:
        raise OnlyYourOwn
    refund.ask_again(actor=actor, cause=note, now=now)
    refunds.audited(refund, "refund.asked_again", actor, now, note)
    return refund


@transaction.atomic
def withdraw(*, refund_id: UUID | str, note: str, actor: str, now: datetime) -> Refund:
    """It is not given back after all: the amount can be given back again. A customer's own is never taken away."""
    note = _note(note)
    refund = _waiting(refund_id, RefundStatus.REQUESTED)
    if actor != refund.requested_by:
        raise OnlyYourOwn
    refund.reject(actor=actor, cause=note, now=now)
    reservations.release(refund)
    refunds.audited(refund, "refund.withdrawn", actor, now, note)
    return refund


def _waiting(refund_id: UUID | str, status: str) -> Refund:
    rows = Refund.objects.select_for_update(of=("self",), no_key=True).select_related("payment")
    refund = rows.filter(pk=refund_id).first()
    if refund is None:
        raise RefundNotFound
    if refund.status != status or not refund.needs_approval:
        raise NotWaiting
    return refund


def _note(note: str) -> str:
    note = note.strip()
    if not note or len(note) > NOTE_LENGTH_MAX:
        raise Invalid(fields={"note": [f"Say why, in at most {NOTE_LENGTH_MAX} characters."]})
    return note
