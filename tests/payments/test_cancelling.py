"""Cancelling by the customer: quoted to the penny, carried out as quoted, once; nothing where it is refused."""

from datetime import timedelta

import pytest

from core.errors import Invalid
from core.money import Money
from courses import selectors as courses
from payments.models import CancellationQuote, Refund
from payments.services import (
    cancelling,
    moving,
    refund_sending,
    refunds,
    session_cancelling,
)
from payments.services.refusals import DisputeOpen
from tests.courses.make import BROWSER
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db


def booked(sandbox, now, *, days_ahead=30, places=2):
    """Paid, and then the consumer's 14 days are over: the tiers decide."""
    on = make.session(now=now, days_ahead=days_ahead, capacity=20)
    payment = make.pay(make.ready(now=now, on=on, places=places, browser=BROWSER), sandbox, now=now)
    drain_outbox()
    booking = courses.booking(payment.booking_id)
    type(booking).objects.filter(pk=booking.pk).update(confirmed_at=now - timedelta(days=20))
    return courses.booking_by_token(booking.token)


def again(booking):
    return courses.booking_by_token(booking.token)


def offered(booking, now, attendee_ids=None):
    return cancelling.quote(booking=booking, attendee_ids=attendee_ids, now=now)


def untouched(booking):
    fresh = again(booking)
    return (
        fresh.status == "confirmed"
        and all(each.is_active for each in fresh.attendees.all())
        and not Refund.objects.exists()
        and not CancellationQuote.objects.exists()
    )


class TestQuote:
    @pytest.mark.parametrize(("days_ahead", "share"), [(15, 1.0), (14, 0.5), (7, 0.5), (6, 0)])
    def test_follows_the_tier_of_the_day(self, sandbox, now, days_ahead, share):
        booking = booked(sandbox, now, days_ahead=days_ahead)

        quote = offered(booking, now)

        assert quote.refund == Money(round(booking.total_minor * share))
        assert quote.price == booking.total
        assert quote.refund + quote.fee == quote.price

    def test_is_for_those_who_do_not_come(self, sandbox, now):
        booking = booked(sandbox, now, places=3)
        one = str(next(iter(booking.attendees.all())).pk)

        quote = offered(booking, now, [one])

        assert quote.attendees == [one]
        assert quote.refund == booking.total.split(3)[0]

    def test_writes_nothing(self, sandbox, now):
        booking = booked(sandbox, now)
        offered(booking, now)

        assert untouched(booking)

    @pytest.mark.parametrize("chosen", [[], ["01a208f3-0000-7000-8000-000000000000"]])
    def test_refuses_nobody_and_strangers(self, sandbox, now, chosen):
        booking = booked(sandbox, now)
        with pytest.raises(Invalid):
            offered(booking, now, chosen)

        assert untouched(booking)

    def test_refuses_once_the_course_has_begun(self, sandbox, now):
        booking = booked(sandbox, now)
        with pytest.raises(cancelling.NotCancellable):
            offered(booking, booking.session.starts_at)

        assert untouched(booking)

    def test_refuses_while_the_bank_has_it_in_question(self, sandbox, now):
        booking = booked(sandbox, now)
        make.dispute(make.latest(booking), now=now)
        with pytest.raises(DisputeOpen):
            offered(booking, now)

        assert untouched(booking)


class TestCancel:
    def test_gives_back_what_was_quoted(self, sandbox, now):
        booking = booked(sandbox, now, days_ahead=10)
        quote = offered(booking, now)

        _, [refund] = cancelling.cancel(
            booking=again(booking), number=cancelling.number_of(quote), now=now
        )

        assert again(booking).status == "cancelled"
        assert (refund.amount, refund.reason, refund.status) == (quote.refund, "policy", "approved")
        make.drive(refund, now=now, name="refund")
        assert sandbox.books()["refunds"][0]["amount"] == quote.refund_minor

    def test_stands_though_the_tier_has_ended_meanwhile(self, sandbox, now):
        booking = booked(sandbox, now, days_ahead=15)
        quote = offered(booking, now)
        later = now + timedelta(minutes=14)
        booking.policy["tiers"] = []
        booking.save(update_fields=["policy"])

        _, [refund] = cancelling.cancel(
            booking=again(booking), number=cancelling.number_of(quote), now=later
        )

        assert refund.amount == booking.total

    def test_one_place_of_three(self, sandbox, now):
        booking = booked(sandbox, now, places=3)
        one = str(next(iter(booking.attendees.all())).pk)
        number = cancelling.number_of(offered(booking, now, [one]))

        cancelling.cancel(booking=again(booking), number=number, now=now)

        people = {str(each.pk): each.is_active for each in again(booking).attendees.all()}
        assert again(booking).status == "confirmed"
        assert people.pop(one) is False
        assert all(people.values())

    def test_without_money_back_only_the_places_go(self, sandbox, now):
        booking = booked(sandbox, now, days_ahead=3)
        number = cancelling.number_of(offered(booking, now))

        _, decided = cancelling.cancel(booking=again(booking), number=number, now=now)

        assert decided == []
        assert again(booking).status == "cancelled"
        assert not Refund.objects.exists()

    def test_above_the_limit_the_places_go_and_the_money_waits_for_a_second_person(
        self, sandbox, now
    ):
        booking = booked(sandbox, now, places=3)
        number = cancelling.number_of(offered(booking, now))

        _, [refund] = cancelling.cancel(booking=again(booking), number=number, now=now)

        assert again(booking).status == "cancelled"
        assert (refund.status, refund.needs_approval) == ("requested", True)
        assert sandbox.books()["refunds"] == []

    def test_a_quote_is_used_once(self, sandbox, now):
        booking = booked(sandbox, now, places=2)
        one = str(next(iter(booking.attendees.all())).pk)
        number = cancelling.number_of(offered(booking, now, [one]))
        cancelling.cancel(booking=again(booking), number=number, now=now)
        with pytest.raises(cancelling.QuoteEnded):
            cancelling.cancel(booking=again(booking), number=number, now=now)

        assert Refund.objects.count() == 1

    def test_is_not_carried_out_once_we_called_the_date_off(self, sandbox, now):
        booking = booked(sandbox, now, days_ahead=10)
        number = cancelling.number_of(offered(booking, now))
        session_cancelling.begin(
            session_id=booking.session_id, reason="too_few", note="", actor="staff:7", now=now
        )

        with pytest.raises(cancelling.WeCancelled):
            cancelling.cancel(booking=again(booking), number=number, now=now)
        with pytest.raises(cancelling.WeCancelled):  # and whoever read the booking a moment before
            cancelling.cancel(booking=booking, number=number, now=now)

        assert untouched(booking)

    def test_is_not_carried_out_after_a_move(self, sandbox, now):
        booking = booked(sandbox, now)
        number = cancelling.number_of(offered(booking, now))
        other = make.session(now=now, days_ahead=60)
        moving.move(booking_id=booking.pk, session_id=other.pk, shown_minor=0, now=now)

        for read in (again(booking), booking):
            with pytest.raises(cancelling.QuoteEnded):
                cancelling.cancel(booking=read, number=number, now=now)

        assert untouched(booking)

    def test_a_refund_tried_again_takes_nothing_from_the_places_left(self, sandbox, now):
        booking = booked(sandbox, now, places=2)
        one, other = (str(each.pk) for each in booking.attendees.all())
        number = cancelling.number_of(offered(booking, now, [one]))
        _, [refund] = cancelling.cancel(booking=again(booking), number=number, now=now)
        make.drive(refund, now=now, name="refund")
        refund.refresh_from_db()
        returned = make.gateway_refund(refund, status="failed", failure_reason="lost_card")
        refund_sending.apply(refund, returned, now=now)

        refunds.retry(refund_id=refund.pk, actor="olive", now=now)

        assert offered(again(booking), now, [other]).refund == booking.total.split(2)[1]

    def test_ends_after_15_minutes(self, sandbox, now):
        booking = booked(sandbox, now)
        number = cancelling.number_of(offered(booking, now))
        with pytest.raises(cancelling.QuoteEnded):
            cancelling.cancel(booking=booking, number=number, now=now + timedelta(minutes=15))

        assert untouched(booking)

    @pytest.mark.parametrize(
        "spoil", [str.upper, lambda number: number[:-2], lambda _: "", str.strip]
    )
    def test_refuses_a_number_that_is_not_ours_or_of_another_booking(self, sandbox, now, spoil):
        booking, other = booked(sandbox, now), booked(sandbox, now, days_ahead=40)
        number = spoil(cancelling.number_of(offered(other, now)))
        with pytest.raises(cancelling.QuoteEnded):
            cancelling.cancel(booking=booking, number=number, now=now)

        assert untouched(booking)

    def test_refuses_when_other_people_are_ticked_by_now(self, sandbox, now):
        booking = booked(sandbox, now)
        number = cancelling.number_of(offered(booking, now))
        one = str(next(iter(booking.attendees.all())).pk)
        with pytest.raises(cancelling.QuoteEnded):
            cancelling.cancel(booking=booking, number=number, attendee_ids=[one], now=now)

        assert untouched(booking)
