"""Moving a booking by its customer: the date and the money in one act."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.database.transactions import rerun_on_conflict
from core.money import Money
from courses.services import moving
from courses.services.moving import Move
from payments import selectors
from payments.models import Refund, RefundReason
from payments.services import refund_limits, refunds, session_cancelling
from payments.services.refusals import DisputeOpen


@rerun_on_conflict
@transaction.atomic
def move(
    *,
    booking_id: UUID | str,
    session_id: UUID,
    shown_minor: int,
    actor: str = refund_limits.CUSTOMER,
    now: datetime,
) -> tuple[Move, list[Refund]]:
    """The move, and the refunds of what the new date costs less; both or neither.

    Raises what `courses.services.moving.move` raises, and DisputeOpen while the bank has the payment in question.
    """
    done = moving.move(
        booking_id=booking_id, session_id=session_id, shown_minor=shown_minor, actor=actor, now=now
    )
    session_cancelling.moved(booking_id=booking_id, actor=actor, now=now)
    return done, _give_back(done, actor, now)


def hold(
    *,
    booking_id: UUID | str,
    session_id: UUID,
    shown_minor: int,
    actor: str = refund_limits.CUSTOMER,
    now: datetime,
) -> Move:
    """A dearer date, kept while its difference is paid. Raises what `courses.services.moving.hold` raises, and
    DisputeOpen."""
    if selectors.any_in_dispute(selectors.paying(booking_id)):
        raise DisputeOpen
    return moving.hold(
        booking_id=booking_id, session_id=session_id, shown_minor=shown_minor, actor=actor, now=now
    )


def _give_back(done: Move, actor: str, now: datetime) -> list[Refund]:
    """No more than is left: what went back before, for whatever reason, can't go back twice."""
    if done.difference_minor >= 0:
        return []
    payments = selectors.paying(done.booking_id)
    if selectors.any_in_dispute(payments):
        raise DisputeOpen
    left = Money.total((each.refundable for each in payments), done.currency)
    amount = min(-done.difference, left)
    if not amount:
        return []
    return refunds.request_of_all(
        payments=payments,
        amount_minor=amount.minor,
        reason=RefundReason.MOVED,
        actor=actor,
        now=now,
    )
