"""Training at your workplace: an enquiry reaches the office once, machines are kept out, nothing typed is lost."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from core import clock
from core.mail.models import Message
from courses.forms import enquiry
from courses.models import WorkplaceEnquiry
from courses.services import enquiring
from tests.outbox_tools import drain_outbox

pytestmark = pytest.mark.django_db
ADDRESS = "/workplace/"
TYPED = {
    "name": "Ada <b>Example</b>",
    "email": "ada@example.com",
    "phone": "0113 496 0000",
    "company": "Example Joinery Ltd",
    "people": "15",
    "place": "Leeds",
    "message": "Two days in March.\nWe have a hall.",
}


def typed(**changes: str) -> dict[str, str]:
    opened = enquiry.stamped(clock.now() - dt.timedelta(seconds=30))
    return {**TYPED, "opened": opened, **changes}


def stamp_in(html: str) -> str:
    return re.search(r'name="opened" value="([^"]+)"', html)[1]


class TestAsking:
    def test_is_kept_and_told_to_the_office(self, client, settings):
        settings.OFFICE_EMAIL = "desk@example.com"

        answer = client.post(ADDRESS, typed())

        assert answer.headers["Location"] == "/workplace/?sent"
        assert "We’ve got your enquiry" in client.get("/workplace/?sent").content.decode()
        drain_outbox()
        kept, mail = WorkplaceEnquiry.objects.get(), Message.objects.get()
        assert (kept.name, kept.people, kept.place) == ("Ada <b>Example</b>", 15, "Leeds")
        assert mail.recipient == "desk@example.com"
        assert "Ada &lt;b&gt;Example&lt;/b&gt;" in mail.html
        assert "Two days in March.\nWe have a hall." in mail.text

    def test_the_same_twice_is_one(self, client):
        for _ in range(2):
            assert client.post(ADDRESS, typed()).status_code == 302
        drain_outbox()

        assert WorkplaceEnquiry.objects.count() == Message.objects.count() == 1

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("name", "", "Enter your name"),
            ("email", "ada", "Enter an email address in the right format"),
            ("phone", "twelve", "Enter a phone number we can reach you on"),
            ("people", "", "Enter how many people need training"),
            ("people", "0", "Enter 1 or more people"),
            ("people", "many", "like 15"),
            ("place", "", "Enter the town or postcode"),
            ("name", "Buy at www.example.net", "Leave out web addresses"),
            ("message", "http://a.example http://b.example", "Leave out web addresses"),
            ("message", "x" * 2001, "Use 2000 characters or fewer"),
            ("company", "a\x08b", "Use letters, numbers and signs only"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_the_rest(self, client, field, value, words):
        answer = client.post(ADDRESS, typed(**{field: value}))

        html = answer.content.decode()
        assert answer.status_code == 422
        assert html.count(words) == 2, "in the summary and at the field"
        assert f'href="#id_{field}"' in html
        assert "<title>Error: " in html
        assert all(kept in html for kept in ("0113 496 0000", "Leeds")[: field not in ("phone",)])
        assert not WorkplaceEnquiry.objects.exists()
        assert drain_outbox() == 0


class TestMachines:
    def test_are_too_quick_and_people_press_again(self, client):
        page = client.get(ADDRESS).content.decode()

        quick = client.post(ADDRESS, typed(opened=stamp_in(page)))

        assert quick.status_code == 422
        assert "That was very quick." in quick.content.decode()
        assert "Example Joinery Ltd" in quick.content.decode()
        assert not WorkplaceEnquiry.objects.exists()

    @pytest.mark.parametrize("stamp", ["", "1700000000", enquiry.SALT])
    def test_make_no_stamps(self, client, stamp):
        assert client.post(ADDRESS, typed(opened=stamp)).status_code == 422
        assert not WorkplaceEnquiry.objects.exists()

    def test_can_not_use_one_stamp_for_long(self, client):
        old = enquiry.stamped(clock.now() - enquiry.OPEN_MAX - dt.timedelta(minutes=1))

        answer = client.post(ADDRESS, typed(opened=old))

        assert "This page was open too long. Nothing was lost" in answer.content.decode()
        fresh = stamp_in(answer.content.decode())
        assert fresh != old

    def test_are_stopped_after_a_few(self, client, settings):
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "enquiries": "2/h"}

        answers = [
            client.post(ADDRESS, typed(message=str(number)), REMOTE_ADDR="198.51.100.77")
            for number in range(3)
        ]

        assert [each.status_code for each in answers] == [302, 302, 429]
        assert "You have sent us several already." in answers[2].content.decode()
        assert "Example Joinery Ltd" in answers[2].content.decode()
        assert WorkplaceEnquiry.objects.count() == 2


class TestTheOffice:
    def test_reads_and_marks_them(self):
        now = clock.now()
        asked = enquiring.Asked(name="Ada", email="ada@example.com", people=15, place="Leeds")
        row = enquiring.ask(asked=asked, now=now)
        person = User.objects.create_user("office-person", is_staff=True)
        person.groups.add(Group.objects.get(name="office"))
        client = Client()
        client.force_login(person)
        listed = "/admin/courses/workplaceenquiry/"

        assert "Ada" in client.get(listed).content.decode()
        assert "ada@example.com" in client.get(f"{listed}{row.pk}/change/").content.decode()
        client.post(listed, {"action": "mark_answered", "_selected_action": [str(row.pk)]})

        row.refresh_from_db()
        assert row.answered_by == f"staff:{person.pk}"
        assert client.get(f"{listed}?state=open").content.decode().count("Ada") == 0

    def test_keeps_them_no_longer_than_it_says(self, settings):
        now = clock.now()
        asked = enquiring.Asked(name="Ada", email="ada@example.com", people=15, place="Leeds")
        enquiring.ask(asked=asked, now=now - dt.timedelta(days=settings.ENQUIRY_DAYS, seconds=1))
        enquiring.ask(asked=asked, now=now)

        assert enquiring.forget_old(now=now) == 1
        assert WorkplaceEnquiry.objects.count() == 1
