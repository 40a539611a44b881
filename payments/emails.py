"""The e-mails of money: being checked, not confirmed, sent back. Once each, whoever asks twice."""

from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.urls import reverse

from core import formats
from core.backoffice import roles
from core.mail import services as mail
from core.money import Money
from courses import selectors as courses
from courses.selectors import Booking
from fraud.selectors import ReviewCase
from payments.models import Payment, Refund
from payments.services import refund_reminders

REMINDED_MAX = 200
NORMAL_DAYS = "5 to 10 working days"

log = structlog.get_logger(__name__)


def being_checked(
    *, booking: Booking, payment: Payment, promise_at: datetime, now: datetime
) -> None:
    """No score and no reason: only what is kept, what was not taken, and by when we answer."""
    _promised(
        kind="being_checked",
        subject=f"We’re checking your booking {booking.reference}",
        booking=booking,
        payment=payment,
        promise_at=promise_at,
        now=now,
    )


def please_call(*, booking: Booking, payment: Payment, promise_at: datetime, now: datetime) -> None:
    """The calm words of being checked, with the one thing that makes it quicker."""
    _promised(
        kind="please_call",
        subject=f"Call us about your booking {booking.reference}",
        booking=booking,
        payment=payment,
        promise_at=promise_at,
        now=now,
    )


def needs_longer(
    *, booking: Booking, payment: Payment, promise_at: datetime, now: datetime
) -> None:
    _promised(
        kind="needs_longer",
        subject=f"We need a little longer for your booking {booking.reference}",
        booking=booking,
        payment=payment,
        promise_at=promise_at,
        now=now,
    )


def review_is_late(*, case: ReviewCase, to: str, promise_at: str, now: datetime) -> None:
    """To an approver: what waits, since when, and where to decide."""
    amount = formats.money(Money(case.amount_minor, case.currency))
    mail.send(
        kind="payments.review_is_late",
        to=to,
        subject=f"{case.booking_reference} waits for a decision: the promise has passed",
        text_template="emails/payments/review_is_late.txt",
        html_template="emails/payments/review_is_late.html",
        context={
            "reference": case.booking_reference,
            "amount": amount,
            "promised": by_when(datetime.fromisoformat(promise_at), now),
            "hard_limit": by_when(case.hard_limit_at, now),
            "button_url": settings.SITE_URL
            + reverse("admin:fraud_reviewcase_desk", args=[case.pk]),
            "button_text": "Decide now",
            "phone": settings.OFFICE_PHONE,
        },
        dedupe_key=f"payments.review_is_late:{case.pk}:{promise_at}:{to}",
        about=f"fraud.reviewcase:{case.pk}",
        now=now,
    )


def remind_of_refunds(*, now: datetime) -> int:
    """Every approver but the one who asked, once for each time that a refund was asked for, however often this runs."""
    waiting = refund_reminders.overdue(now).select_related("payment").order_by("changed_at")
    for refund in waiting[:REMINDED_MAX]:
        for address in roles.addresses("approver", but=refund.requested_by):
            _refund_waits(refund=refund, to=address, now=now)
    return waiting.count()


def _refund_waits(*, refund: Refund, to: str, now: datetime) -> None:
    booking = courses.booking(refund.payment.booking_id)
    amount = formats.money(refund.amount)
    asked = refund.changed_at
    mail.send(
        kind="payments.refund_waits",
        to=to,
        subject=f"{amount} of {booking.reference} waits for your approval",
        text_template="emails/payments/refund_waits.txt",
        html_template="emails/payments/refund_waits.html",
        context={
            "reference": booking.reference,
            "amount": amount,
            "asked": formats.day_date(asked),
            "button_url": settings.SITE_URL
            + reverse("admin:payments_refund_approval", args=[refund.pk]),
            "button_text": "Decide now",
            "phone": settings.OFFICE_PHONE,
        },
        dedupe_key=f"payments.refund_waits:{refund.pk}:{asked.isoformat()}:{to}",
        about=f"payments.refund:{refund.pk}",
        now=now,
    )


def not_confirmed(*, booking: Booking, payment: Payment, now: datetime) -> None:
    _send(
        booking,
        kind="not_confirmed",
        subject="We couldn’t confirm your booking",
        context={"amount": formats.money(payment.amount)},
        dedupe_key=f"payments.not_confirmed:{payment.id}",
        now=now,
    )


def move_being_checked(
    *, booking: Booking, payment: Payment, promise_at: datetime, now: datetime
) -> None:
    _promised(
        kind="move_being_checked",
        subject=f"We’re checking the payment for moving {booking.reference}",
        booking=booking,
        payment=payment,
        promise_at=promise_at,
        now=now,
    )


def move_not_made(*, booking: Booking, payment: Payment, now: datetime) -> None:
    """Nothing was taken for the new date."""
    _move_not_made(booking, payment, payment.amount, {}, now)


def move_money_returned(
    *, booking: Booking, payment: Payment, amount: Money, now: datetime
) -> None:
    """It was taken, and the new date could not be given for it."""
    context = {"card": card_words(payment), "days": NORMAL_DAYS}
    _move_not_made(booking, payment, amount, context, now)


def _move_not_made(
    booking: Booking, payment: Payment, amount: Money, context: dict[str, Any], now: datetime
) -> None:
    _send(
        booking,
        kind="move_not_made",
        subject=f"We couldn’t move your booking {booking.reference}",
        context={
            "amount": formats.money(amount),
            "is_called_off": courses.is_called_off(booking.pk),
        }
        | context,
        dedupe_key=f"payments.move_not_made:{payment.id}",
        now=now,
    )


def late_money_returned(
    *, booking: Booking, payment: Payment, amount: Money, now: datetime
) -> None:
    _send(
        booking,
        kind="late_money_returned",
        subject=f"The last place went: {formats.money(amount)} on its way back",
        context={"amount": formats.money(amount), "card": card_words(payment)},
        dedupe_key=f"payments.late_money_returned:{payment.id}",
        now=now,
    )


def stray_money_returned(
    *, booking: Booking, payment: Payment, amount: Money, stray_id: str, now: datetime
) -> None:
    _send(
        booking,
        kind="stray_money_returned",
        subject=f"{formats.money(amount)} on its way back",
        context={
            "amount": formats.money(amount), "card": card_words(payment), "days": NORMAL_DAYS,
        },
        dedupe_key=f"payments.stray_money_returned:{stray_id}",
        now=now,
    )  # fmt: skip


def refund_on_its_way(*, booking: Booking, refund: Refund, now: datetime) -> None:
    amount = formats.money(refund.amount)
    cancelled = booking.status == "cancelled"
    _send(
        booking,
        kind="refund_on_its_way",
        subject=f"{'Cancelled: ' if cancelled else ''}{amount} on its way back",
        context={
            "amount": amount,
            "card": card_words(refund.payment),
            "cancelled": cancelled,
            "days": NORMAL_DAYS,
        },
        dedupe_key=f"payments.refund_on_its_way:{refund.id}",
        now=now,
    )


def called_off(*, booking: Booking, choose_by: datetime | None, now: datetime) -> None:
    """We cancelled the date. Without `choose_by` nothing was paid, and so there is nothing to choose."""
    day = formats.day_date(booking.session.starts_at)
    link = {"button_url": _link("payments:choose", booking), "button_text": "Choose what happens"}
    _send(
        booking,
        kind="called_off",
        subject=f"Your course on {day} is cancelled"
        + (": choose what happens" if choose_by else ""),
        context={"choose_by": choose_by and formats.day_date(choose_by), "days": NORMAL_DAYS}
        | (link if choose_by else {}),
        dedupe_key=f"payments.called_off:{booking.pk}",
        now=now,
    )


def _link(name: str, booking: Booking) -> str:
    return settings.SITE_URL + reverse(name, args=[booking.token])


def _promised(
    *,
    kind: str,
    subject: str,
    booking: Booking,
    payment: Payment,
    promise_at: datetime,
    now: datetime,
) -> None:
    _send(
        booking,
        kind=kind,
        subject=subject,
        context={"amount": formats.money(payment.amount), "answer_by": by_when(promise_at, now)},
        dedupe_key=f"payments.{kind}:{payment.id}",
        now=now,
    )


def by_when(moment: datetime, now: datetime) -> str:
    """ "4.31pm today", "10am on Tuesday 24 November"."""
    time = formats.clock_time(moment)
    if formats.local_date(moment) == formats.local_date(now):
        return f"{time} today"
    return f"{time} on {formats.day_date(moment)}"


def card_words(payment: Payment) -> str:
    """ "the Visa card ending 4242", or only "your card"."""
    if not payment.card_last4:
        return "your card"
    return f"the {payment.card_brand.capitalize()} card ending {payment.card_last4}"


def _send(
    booking: Booking, *, kind: str, subject: str, context: dict[str, Any], dedupe_key: str,
    now: datetime,
) -> None:  # fmt: skip
    assert booking.customer is not None  # nobody pays without having said who they are
    if not booking.customer.email:
        log.info("mail_to_nobody", kind=kind, booking=booking.reference)  # erased since
        return
    session = booking.session
    mail.send(
        kind=f"payments.{kind}",
        to=booking.customer.email,
        subject=subject,
        text_template=f"emails/payments/{kind}.txt",
        html_template=f"emails/payments/{kind}.html",
        context={
            "booking": booking,
            "course": session.course,
            "date": formats.long_date(session.starts_at),
            "venue": session.venue,
            "places": formats.counted(booking.places, "place"),
            "button_url": settings.SITE_URL + reverse("payments:booking", args=[booking.token]),
            "button_text": "Open your booking",
            "phone": settings.OFFICE_PHONE,
        }
        | context,
        dedupe_key=dedupe_key,
        about=f"courses.booking:{booking.pk}",
        now=now,
    )
