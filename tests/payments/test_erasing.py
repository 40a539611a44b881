"""Erasing one person: shown first, refused while something moves, done once, gone on with after a crash."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command

from core import clock
from core.audit.models import AuditEntry
from core.mail.models import Message
from core.privacy import erasing, retention, tasks
from core.privacy.models import Erasure, RetentionRun
from courses.models import Attendee, Booking, Customer
from payments import emails
from payments.models import Payment
from tests.courses.make import CUSTOMER, change, make_confirmed, make_ready, make_session
from tests.payments import make

pytestmark = pytest.mark.django_db
NOW = clock.now()
AHEAD, LATER = timedelta(days=30), timedelta(days=200)


def ahead():
    return make_session(on=(NOW + AHEAD).date())


def over(places: int = 2) -> Booking:
    """A booking whose course was held."""
    booking = make_confirmed(ahead(), places=places, now=NOW)
    make_it_past(booking)
    return booking


def make_it_past(booking: Booking, by: timedelta = LATER) -> None:
    session = booking.session
    type(session).objects.filter(pk=session.pk).update(
        starts_at=session.starts_at - by, ends_at=session.ends_at - by
    )


def erase(who: str, *arguments: str, capsys) -> dict:
    capsys.readouterr()
    call_command("erase_customer", who, "--json", *arguments)
    return json.loads(capsys.readouterr().out)


class TestErasing:
    @pytest.mark.parametrize("by", ["reference", "email", "customer_id"])
    def test_shows_first_and_then_does_it(self, by, capsys):
        booking = over()
        who = {"reference": booking.reference, "email": CUSTOMER.email.upper(),
               "customer_id": str(booking.customer_id)}[by]  # fmt: skip

        shown = erase(who, capsys=capsys)
        assert not shown["erased"]
        assert shown["counts"]["attendees lose their names"] == 2
        assert Customer.objects.get().name == CUSTOMER.name

        assert erase(who, "--yes", capsys=capsys)["erased"]
        customer, attendees = Customer.objects.get(), list(Attendee.objects.all())
        assert (customer.name, customer.email, customer.phone, customer.address) == (
            "Erased",
            "",
            "",
            "",
        )
        assert (customer.email_index, customer.name_keys) == ("", [])
        assert {(each.name, each.email, each.access_needs) for each in attendees} == {
            ("Erased", "", "")
        }
        after = Booking.objects.get()
        assert after.token != booking.token
        assert (after.total_minor, after.status) == (booking.total_minor, "confirmed")

    def test_is_done_once_and_written_down(self, capsys):
        booking = over()
        erase(booking.reference, "--yes", capsys=capsys)
        again = erase(booking.reference, "--yes", capsys=capsys)

        assert again["words"] == str(erasing.NobodyFound.detail)
        erasure = Erasure.objects.get()
        assert (erasure.who, erasure.finished_at) == ("", erasure.finished_at)
        entry = AuditEntry.objects.get(subject=f"courses.customer:{booking.customer_id}")
        assert (entry.action, entry.actor) == ("erased", "command")

    def test_leaves_everybody_else_alone(self, capsys):
        booking = over()
        other = make_confirmed(
            make_session(on=(NOW + 2 * AHEAD).date()),
            customer=replace(CUSTOMER, email="else@example.org"),
            now=NOW,
        )
        erase(booking.reference, "--yes", capsys=capsys)
        assert Customer.objects.get(pk=other.customer_id).name == CUSTOMER.name

    def test_finds_who_comes_on_anothers_booking(self, capsys):
        booking = over(places=1)
        change(booking, 1, name="Grace Guest", email="grace@guest.example")
        erase("grace@guest.example", "--yes", capsys=capsys)
        assert Attendee.objects.get().name == "Erased"
        assert Customer.objects.get().name == CUSTOMER.name

    def test_goes_on_after_a_crash(self, monkeypatch, capsys):
        booking = over()
        person = erasing.find(booking.reference)
        (*first, (place, last)) = sorted(erasing._steps, key=lambda pair: pair[0])
        broken = erasing.Step(last.name, last.count, lambda person, now: 1 / 0)
        with monkeypatch.context() as cut:
            cut.setattr(erasing, "_steps", [*first, (place, broken)])
            with pytest.raises(ZeroDivisionError):
                erasing.erase(person, actor="command", reason="", now=NOW)
        assert Erasure.objects.get().finished_at is None
        assert Customer.objects.get().name == CUSTOMER.name

        erase(booking.reference, "--yes", capsys=capsys)
        assert Erasure.objects.get().finished_at is not None
        assert Customer.objects.get().name == "Erased"

    def test_mails_nobody_about_money_that_goes_back_later(self, sandbox, capsys):
        payment = make.paid(sandbox, now=NOW)
        make_it_past(payment.booking)
        erase(payment.booking.reference, "--yes", capsys=capsys)
        before = Message.objects.count()

        booking = Booking.objects.get(pk=payment.booking_id)
        emails.not_confirmed(booking=booking, payment=payment, now=NOW)

        assert Message.objects.count() == before


class TestIsRefused:
    @pytest.mark.parametrize(
        ("make", "words"),
        [(make_ready, "is not finished"), (make_confirmed, "is for a date to come")],
    )
    def test_while_a_booking_lives(self, make, words, capsys):
        booking = make(ahead(), now=NOW)
        with pytest.raises(SystemExit):
            erase(booking.reference, "--yes", capsys=capsys)
        assert words in json.loads(capsys.readouterr().out)["words"]
        assert Customer.objects.get().name == CUSTOMER.name

    @pytest.mark.django_db(transaction=True)
    def test_while_money_moves_or_a_bank_asks(self, sandbox, capsys):
        payment = make.paid(sandbox, now=NOW)
        make_it_past(payment.booking)
        person = erasing.find(payment.booking.reference)
        assert erasing.bars(person, now=NOW) == []

        make.dispute(payment, now=NOW)
        [why] = erasing.bars(person, now=NOW)
        assert "is disputed" in why
        with pytest.raises(erasing.CannotEraseYet):
            erasing.erase(person, actor="command", reason="", now=NOW)
        assert Payment.objects.get(pk=payment.pk).device == payment.device


class TestANight:
    def test_forgets_what_is_over_and_keeps_the_rest(self, settings):
        old = over()
        young = make_confirmed(make_session(on=(NOW + AHEAD).date()), now=NOW)
        Customer.objects.update(created_at=NOW - timedelta(days=900))
        settings.CUSTOMER_DAYS = 100

        run = retention.apply(now=NOW, portion=1)
        assert run.failed == {}
        assert set(run.forgotten) == set(retention.names())
        assert Customer.objects.get(pk=old.customer_id).name == "Erased"
        assert Customer.objects.get(pk=young.customer_id).name == CUSTOMER.name
        again = retention.apply(now=NOW)
        assert sum(again.forgotten.values()) == 0
        assert RetentionRun.objects.filter(finished_at__isnull=False).count() == 2

    def test_goes_on_past_a_rule_that_fails(self, monkeypatch):
        broken = retention.Rule("broken", lambda now, limit: 1 // 0)
        monkeypatch.setattr(retention, "_rules", [broken, *retention._rules])
        run = retention.apply(now=NOW)
        assert run.failed == {"broken": "ZeroDivisionError"}
        with pytest.raises(tasks.RulesFailed):
            tasks.forget()
        assert set(run.forgotten) == set(retention.names()) - {"broken"}

    def test_keeps_what_people_need_until_their_course_is_over(self):
        booking = make_confirmed(ahead(), now=NOW)
        change(booking, 1, access_needs="A ramp")
        retention.apply(now=NOW)
        assert Attendee.objects.get().access_needs == "A ramp"
        make_it_past(booking)
        retention.apply(now=NOW)
        assert Attendee.objects.get().access_needs == ""
        assert Attendee.objects.get().name != "Erased"
