"""New dates are told to who said yes from their own mailbox, once each, until they say stop."""

import datetime as dt
import re

import pytest
from django.conf import settings

from core import clock
from core.mail.models import Message
from courses import new_dates
from courses.models import DatesWish
from tests.courses.make import make_course, make_session, make_venue

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"


def mails(kind: str) -> list[Message]:
    return list(Message.objects.filter(kind=f"courses.{kind}").order_by("id"))


def asked(client, course="", email=EMAIL):
    return client.post("/new-dates/", {"course": course, "email": email})


def link_in(message: Message) -> str:
    return re.search(r"/new-dates/[\w-]{32}/", message.text)[0]


def publish(days=20, **rest):
    return make_session(on=clock.now().date() + dt.timedelta(days=days), **rest)


class TestAsk:
    def test_sends_one_mail_and_says_the_same_to_everybody(self, client):
        make_course()
        first = asked(client)
        again = asked(client)

        assert first.headers["Location"] == again.headers["Location"] == "/new-dates/?sent"
        assert [each.recipient for each in mails("new_dates_asked")] == [EMAIL]
        assert DatesWish.objects.get().confirmed_at is None

    def test_asks_again_later_and_of_one_address_few_wishes(self):
        now = clock.now()
        for number in range(new_dates.WISHES_MAX + 2):
            course = make_course(f"c-{number}")
            new_dates.ask(email=EMAIL, course=course, now=now)
        assert len(mails("new_dates_asked")) == new_dates.WISHES_MAX

        first = DatesWish.objects.order_by("pk")[0].course
        new_dates.ask(email=EMAIL, course=first, now=now + dt.timedelta(hours=2))

        assert len(mails("new_dates_asked")) == new_dates.WISHES_MAX + 1

    @pytest.mark.parametrize("email", ["", "ada", "ada@example.com\r\nBcc: b@example.com"])
    def test_refuses_what_is_no_address_and_keeps_it(self, client, email):
        make_course()

        answer = asked(client, "emergency-first-aid-at-work", email)

        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Enter an email address in the right format" in page
        assert 'value="emergency-first-aid-at-work" selected' in page
        assert not DatesWish.objects.exists()

    def test_is_limited(self, client, settings):
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "links_asked": "2/h"}
        make_course()

        answers = [asked(client, email=f"p{number}@example.com") for number in range(3)]

        assert [each.status_code for each in answers] == [302, 302, 429]


class TestWish:
    def test_counts_from_the_button_and_not_from_opening(self, client):
        make_course()
        asked(client)
        link = link_in(mails("new_dates_asked")[0])

        looked = client.get(link)
        assert looked.headers["Cache-Control"] == "private, no-store"
        assert DatesWish.objects.get().confirmed_at is None
        client.post(link, {"yes": "1"})

        assert DatesWish.objects.get().confirmed_at is not None
        assert "Stop these emails" in client.get(link).content.decode()

    def test_stop_deletes_the_address(self, client):
        make_course()
        asked(client)
        link = link_in(mails("new_dates_asked")[0])
        client.post(link, {"yes": "1"})

        stopped = client.post(link, {"stop": "1"})

        assert "We’ve deleted your address" in stopped.content.decode()
        assert not DatesWish.objects.exists()
        assert client.get(link).status_code == 404


class TestMailDue:
    def wish(self, course=None, *, says_yes=True) -> DatesWish:
        now = clock.now() - dt.timedelta(seconds=5)
        new_dates.ask(email=EMAIL, course=course, now=now)
        wish = DatesWish.objects.get(course=course)
        if says_yes:
            new_dates.confirm(token=wish.token, now=now)
        return wish

    def test_tells_of_what_is_published_after_the_yes_once(self):
        old = publish(30)
        type(old).objects.update(created_at=clock.now() - dt.timedelta(days=1))
        wish = self.wish()
        new = publish(20)
        now = clock.now()

        assert [new_dates.mail_due(now=now), new_dates.mail_due(now=now)] == [1, 0]

        (message,) = mails("new_dates")
        assert str(new.pk) in message.text and str(old.pk) not in message.text
        assert f"/new-dates/{wish.token}/" in message.text
        assert message.subject.startswith("New: Emergency First Aid at Work,")

    def test_gathers_a_day_of_dates_in_one_mail(self):
        self.wish()
        publish(20)
        now = clock.now()
        new_dates.mail_due(now=now)
        later = [publish(days) for days in (21, 22)]

        assert new_dates.mail_due(now=now + dt.timedelta(hours=23)) == 0
        assert new_dates.mail_due(now=now + dt.timedelta(hours=24)) == 1

        assert all(str(each.pk) in mails("new_dates")[1].text for each in later)

    def test_is_silent_to_who_never_said_yes_or_asked_for_another_course(self):
        self.wish(make_course("first-aid-at-work"))
        self.wish(says_yes=False)
        publish(20)
        cancelled = publish(21, course=make_course("first-aid-at-work"), venue=make_venue("york"))
        cancelled.cancel()

        assert new_dates.mail_due(now=clock.now()) == 0

        assert mails("new_dates") == []


class TestForgetOld:
    def test_forgets_who_never_answered_and_whose_time_is_over(self):
        now = clock.now()
        long_ago = now - dt.timedelta(days=settings.NEW_DATES_DAYS + 1)
        for number, (asked_at, said) in enumerate(
            [(now - dt.timedelta(days=8), None), (long_ago, long_ago), (long_ago, now), (now, None)]
        ):
            DatesWish.objects.create(
                email=EMAIL, email_index=f"{number}", asked_at=asked_at, confirmed_at=said
            )

        assert new_dates.forget_old(now=now) == 2

        assert sorted(DatesWish.objects.values_list("email_index", flat=True)) == ["2", "3"]
