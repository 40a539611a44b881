"""Moving a booking to another date of its course: what it costs, and the move itself. Money is moved above."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from core.database.transactions import rerun_on_conflict
from core.errors import Conflict, Gone, TooMany
from core.money import Money
from core.outbox.events import publish
from courses import policy, selectors, selectors_moves
from courses.events import BookingMoved
from courses.models import Booking, BookingStatus, CourseSession, Move, MoveStatus, SessionState
from courses.models.states import MOVE_TAKES_PLACES
from courses.services import capacity
from courses.services.holds import refuse_while_stopped
from courses.services.refusals import Busy, PaymentInProgress, SessionNotOpen, WrongState

# A card can't be charged less, so a smaller difference is not asked for.
LEAST_CHARGE_MINOR = 30
EXPIRED_AT_ONCE_MAX = 200
UNPAID_A_DAY_MAX = 5


class NotMovable(Conflict):
    code = "not_movable"
    detail = "This booking can’t be moved here. Call us and we’ll help."


class MovingEnded(Conflict):
    code = "moving_ended"
    detail = "It’s too late to move this booking free. Call us and we’ll help."


class AnotherCourse(Conflict):
    code = "another_course"
    detail = "A booking can only be moved to another date of the same course."


class PriceChanged(Conflict):
    code = "price_changed"
    detail = "The price of that date has changed. Look at it again."


class Dearer(Conflict):
    code = "dearer"
    detail = "That date costs more than you paid. Pay the difference to move."


class MoveUnderWay(Conflict):
    code = "move_under_way"
    detail = "This booking is being moved already. Wait until that is done."


class MoveEnded(Gone):
    code = "move_ended"
    detail = "The new places went back on sale. Your booking is as it was. Choose a date again."


class KeptTooOften(TooMany):
    code = "kept_too_often"
    detail = "You have kept several dates today without paying. Call us and we’ll move you."


class Unmakeable(WrongState):
    """One of the dates, or the booking, is no longer as it was when the move was begun."""


@dataclass(frozen=True)
class Difference:
    """What a date costs more than was paid for these places, or less (below 0); `shares` by attendee, in pence."""

    total: Money
    shares: dict[str, int]


def refuse_unmovable(booking: Booking, now: dt.datetime) -> None:
    """Free for as long as cancelling gives something back, and whenever we called the date off.

    Raises NotMovable, MovingEnded.
    """
    if booking.status != BookingStatus.CONFIRMED:
        raise NotMovable
    if booking.session.state == SessionState.CANCELLED:
        return
    if booking.session.starts_at <= now or booking.session.state != SessionState.SCHEDULED:
        raise NotMovable
    if not _is_free(booking, now):
        raise MovingEnded


def difference(booking: Booking, session: CourseSession) -> Difference:
    """For all places that are left, at today's price. A date that we called off costs nobody more."""
    paid = selectors.place_costs(booking)
    active = [str(each.pk) for each in booking.attendees.all() if each.is_active]
    shares = {key: session.course.price_minor - paid[key].minor for key in active}
    if booking.session.state == SessionState.CANCELLED:
        shares = {key: min(share, 0) for key, share in shares.items()}
    if 0 < sum(shares.values()) < LEAST_CHARGE_MINOR:
        shares = dict.fromkeys(shares, 0)
    return Difference(Money(sum(shares.values()), booking.currency), shares)


@rerun_on_conflict
def move(
    *,
    booking_id: UUID | str,
    session_id: UUID,
    shown_minor: int,
    actor: str,
    now: dt.datetime,
) -> Move:
    """Gives up the old places in the transaction that takes the new ones. `shown_minor`: the difference that was shown.

    1. Both dates are locked, in the order of their keys, then the booking. 2. What was read before is looked at again.
    3. The places are taken on the new date while the old ones are still kept; then the booking changes its date.

    Raises NotMovable, MovingEnded, AnotherCourse, PriceChanged, Dearer (see `hold`), MoveUnderWay, SessionNotFound, SessionNotOpen,
    PlacesSoldOut, Busy.
    """
    with capacity.bounded():
        booking, target, given = _agreed(booking_id, session_id, shown_minor, actor, now)
        if given.total.minor > 0:
            raise Dearer
        capacity.take(target, booking.places, now)
        found = _open(booking, target, given, actor, now)
        _complete(found, booking, actor, now)
        return found


@rerun_on_conflict
def hold(
    *, booking_id: UUID | str, session_id: UUID, shown_minor: int, actor: str, now: dt.datetime
) -> Move:
    """Keeps the places of a dearer date for HOLD_SECONDS, at the difference that was shown. The booking stays as it is.

    Another date that was kept so, and not paid for, is let go. Raises SellingStopped, KeptTooOften, and what `move` raises.
    """
    refuse_while_stopped(now)
    with capacity.bounded():
        booking, target, given = _agreed(booking_id, session_id, shown_minor, actor, now)
        if given.total.minor <= 0:
            raise PriceChanged
        _refuse_keeping_on(booking, now)
        capacity.take(target, booking.places, now)
        return _open(booking, target, given, actor, now)


def _refuse_keeping_on(booking: Booking, now: dt.datetime) -> None:
    """As holds can't be renewed for ever (rule 2), a dearer date can't be kept again and again unpaid."""
    unpaid = (MoveStatus.EXPIRED, MoveStatus.CANCELLED)
    of_late = Move.objects.filter(booking=booking, created_at__gt=now - dt.timedelta(days=1))
    if of_late.filter(status__in=unpaid, difference_minor__gt=0).count() >= UNPAID_A_DAY_MAX:
        raise KeptTooOften


def end_unpaid(booking: Booking, *, actor: str, cause: str, now: dt.datetime) -> None:
    """The booking, whose lock the caller holds, changes otherwise. Raises MoveUnderWay once money is being moved."""
    found = Move.objects.filter(booking=booking, status__in=MOVE_TAKES_PLACES).first()
    if found is None:
        return
    if found.status != MoveStatus.OPEN:
        raise MoveUnderWay
    found.cancel(now=now, actor=actor, cause=cause)


# --- What its payment does to it. A repeat after a crash finds it done. ---------------------------


def begin_payment(*, move_id: UUID, now: dt.datetime) -> Move:
    """open -> paying: from here on only payments ends it. Raises MoveEnded, PaymentInProgress."""
    with capacity.bounded():
        found = _locked(move_id)
        if found.status in (MoveStatus.PAYING, MoveStatus.UNDER_REVIEW):
            raise PaymentInProgress
        if found.status != MoveStatus.OPEN or found.expires_at <= now:
            raise MoveEnded
        if not _is_makeable(found, now):
            raise MoveEnded
        found.begin_payment(now=now, actor="customer")
        return found


def payment_failed(*, move_id: UUID, cause: str, now: dt.datetime) -> None:
    """paying -> open, for at least as long as one extension of a hold gives; after a review the move is over."""
    at_least = now + dt.timedelta(seconds=settings.HOLD_EXTENSION_SECONDS)
    with capacity.bounded():
        found = _locked(move_id)
        if found.status == MoveStatus.PAYING:
            found.fail_payment(max(found.expires_at, at_least), now=now, cause=cause)
        elif found.status == MoveStatus.UNDER_REVIEW:
            found.cancel(now=now, cause=cause)


def payment_abandoned(*, move_id: UUID, cause: str, now: dt.datetime) -> None:
    """paying -> open while its time lasts, else the places go back on sale."""
    with capacity.bounded():
        found = _locked(move_id)
        if found.status == MoveStatus.PAYING and found.expires_at > now:
            found.fail_payment(found.expires_at, now=now, cause=cause)
        else:
            _release(found, cause, now)


def put_under_review(*, move_id: UUID, now: dt.datetime) -> None:
    with capacity.bounded():
        found = _locked(move_id)
        if found.status != MoveStatus.UNDER_REVIEW:
            found.review(now=now)


def release(*, move_id: UUID, cause: str, now: dt.datetime) -> None:
    """The new places go back on sale. The booking stays as it is; a move that has ended, too."""
    with capacity.bounded():
        _release(_locked(move_id), cause, now)


def may_be_made(*, move_id: UUID, now: dt.datetime) -> bool:
    """Asked before the difference is taken."""
    return _is_makeable(selectors_moves.move(move_id), now)


@rerun_on_conflict
def finish(*, move_id: UUID, now: dt.datetime) -> Move:
    """The difference is paid: the booking is on the new date. Raises Unmakeable, and then changes nothing."""
    with capacity.bounded():
        seen = selectors_moves.move(move_id)
        capacity.lock_sessions({seen.from_session_id, seen.to_session_id})
        booking = capacity.lock_booking(Booking.objects.filter(pk=seen.booking_id))
        found = selectors_moves.move(move_id)
        if found.status == MoveStatus.DONE:
            return found
        if found.status not in MOVE_TAKES_PLACES or not _is_makeable(found, now):
            raise Unmakeable
        _complete(found, booking, "customer", now)
        return found


def expire_due(*, now: dt.datetime, limit: int = EXPIRED_AT_ONCE_MAX) -> int:
    """Lets go what nobody has paid for in time; how many were looked at."""
    due = Move.objects.filter(status=MoveStatus.OPEN, expires_at__lte=now).order_by("expires_at")
    keys = list(due.values_list("pk", flat=True)[:limit])
    for key in keys:
        _expire(key, now)
    return len(keys)


@rerun_on_conflict
def _expire(move_id: UUID, now: dt.datetime) -> None:
    with capacity.bounded():
        found = _locked(move_id)
        if found.status == MoveStatus.OPEN and found.expires_at <= now:
            found.expire(now=now, cause="not paid in time")


def _agreed(
    booking_id: UUID | str, session_id: UUID, shown_minor: int, actor: str, now: dt.datetime
) -> tuple[Booking, CourseSession, Difference]:
    """Both dates and the booking under lock, and what it costs to go from one to the other, as it was shown."""
    seen = selectors.booking(booking_id)
    sessions = capacity.lock_sessions({seen.session_id, session_id})
    booking = capacity.lock_booking(Booking.objects.filter(pk=booking_id))
    if booking.session_id != seen.session_id:
        raise Busy  # moved meanwhile: the locks are those of other dates
    target = sessions[session_id]
    refuse_unmovable(booking, now)
    _refuse_target(booking, target, now)
    given = difference(booking, target)
    if given.total.minor != shown_minor:
        raise PriceChanged
    end_unpaid(booking, actor=actor, cause="another date chosen", now=now)
    return booking, target, given


def _locked(move_id: UUID) -> Move:
    """Under its booking's lock."""
    capacity.lock_booking(Booking.objects.filter(moves=move_id))
    return selectors_moves.move(move_id)


def _is_makeable(found: Move, now: dt.datetime) -> bool:
    """A date of ours that we called off is left free of charge, so no difference is taken for leaving it."""
    sessions = (found.from_session, found.to_session)
    still = all(each.state == SessionState.SCHEDULED and each.starts_at > now for each in sessions)
    booking = found.booking
    return (
        still
        and booking.status == BookingStatus.CONFIRMED
        and booking.session_id == found.from_session_id
        and booking.places == found.places
    )


def _release(found: Move, cause: str, now: dt.datetime) -> None:
    if found.status == MoveStatus.PAYING:
        found.expire(now=now, cause=cause)
    elif found.status in (MoveStatus.OPEN, MoveStatus.UNDER_REVIEW):
        found.cancel(now=now, cause=cause)


def _is_free(booking: Booking, now: dt.datetime) -> bool:
    given = policy.refund_quote(
        booking.policy,
        booking.session.starts_at,
        booking.total,
        now,
        booked_at=booking.confirmed_at,
        is_consumer=booking.customer is not None and not booking.customer.company,
        early_start_consent=booking.early_start_consent,
    )
    return given.tier.refund_bp > 0


def _refuse_target(booking: Booking, target: CourseSession, now: dt.datetime) -> None:
    if target.course_id != booking.session.course_id or target.pk == booking.session_id:
        raise AnotherCourse
    if not target.is_open(now):
        raise SessionNotOpen


def _open(
    booking: Booking, target: CourseSession, given: Difference, actor: str, now: dt.datetime
) -> Move:
    found = Move(
        booking=booking,
        from_session_id=booking.session_id,
        to_session=target,
        places=booking.places,
        difference_minor=given.total.minor,
        currency=given.total.currency,
        shares=given.shares,
        created_at=now,
        expires_at=now + dt.timedelta(seconds=settings.HOLD_SECONDS),
    )
    found.begin(now=now, actor=actor)
    return found


def _complete(found: Move, booking: Booking, actor: str, now: dt.datetime) -> None:
    """The move lets go of the new places in the statement before the booking takes them: the date is locked."""
    found.complete(now=now, actor=actor)
    booking.move(found.to_session, now=now, cause=f"from {found.from_session_id}", actor=actor)
    publish(
        BookingMoved(booking_id=str(booking.pk), move_id=str(found.pk), at=now.isoformat()), now=now
    )
