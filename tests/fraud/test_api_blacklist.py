"""The lists by the staff API: read, preview, add, remove; each only for whom it is."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from core.ids import uuid7
from fraud.models import BlacklistEntry
from tests.core.backoffice import staff
from tests.fraud.listing import listed

pytestmark = pytest.mark.django_db
URL = "/api/v1/staff/blacklist/"
GIVEN = {
    "kind": "connection",
    "value": "81.2.69.0/24",
    "effect": "block",
    "reason": "Bots since Monday",
}


def as_role(role: str) -> Client:
    client = Client()
    client.force_login(staff.of_role(role))
    return client


def send(client: Client, method: str, url: str, body: object, **headers: str):
    call = getattr(client, method)
    return call(url, json.dumps(body), content_type="application/json", headers=headers)


class TestRead:
    def test_lists_what_is_in_force_masked(self):
        entry = listed(now=clock.now(), until=None)

        (row,) = as_role("office").get(URL).json()["results"]

        assert (row["id"], row["value"], row["effect"]) == (
            str(entry.pk),
            "b···@example.org",
            "block",
        )
        assert "bad.buyer" not in json.dumps(row)

    def test_filters_by_kind_and_standing(self):
        listed(now=clock.now(), until=None)
        office = as_role("office")

        assert office.get(URL, {"kind": "card"}).json()["results"] == []
        assert office.get(URL, {"standing": "ended"}).json()["results"] == []
        assert office.get(URL, {"kind": "planet"}).status_code == 400

    def test_one_entry(self):
        entry = listed(now=clock.now(), until=None)
        office = as_role("office")

        assert office.get(f"{URL}{entry.pk}/").json()["reason"] == "Tested cards on Monday"
        assert office.get(f"{URL}{uuid7()}/").status_code == 404


class TestAdd:
    def test_previews_without_writing(self):
        answer = send(as_role("approver"), "post", URL, GIVEN | {"preview": True})

        assert answer.status_code == 200
        assert answer.json() == {
            "value": "81.2.69.0/24", "days": 90, "known": True, "bookings": 0, "declined": 0,
            "disputed": 0, "paid": 0, "unfinished": 0,
        }  # fmt: skip
        assert not BlacklistEntry.objects.exists()

    def test_adds_with_the_usual_end(self, settings):
        answer = send(as_role("approver"), "post", URL, GIVEN)

        assert answer.status_code == 201
        entry = BlacklistEntry.objects.get()
        assert entry.until - entry.since == timedelta(days=settings.FRAUD_LIST_DAYS)
        assert answer.json()["by"] == entry.author

    def test_null_has_no_end(self):
        assert send(as_role("owner"), "post", URL, GIVEN | {"until": None}).json()["until"] is None

    def test_the_same_key_adds_once(self):
        client, key = as_role("approver"), {"Idempotency-Key": "k" * 20}

        first, again = (send(client, "post", URL, GIVEN, **key) for _ in range(2))

        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert BlacklistEntry.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"value": "0.0.0.0/0"}, "value"),
            ({"kind": "email_domain", "value": "outlook.com"}, "value"),
            ({"kind": "planet"}, "kind"),
            ({"effect": "shout"}, "effect"),
            ({"reason": ""}, "reason"),
            ({"until": "2020-01-01"}, "until"),
            ({"until": 5}, "until"),
            ({"preview": "yes"}, "preview"),
            ({"hits": 3}, "hits"),
        ],
    )
    @pytest.mark.parametrize("preview", [True, False])
    def test_refuses_nonsense_by_field(self, changes, field, preview):
        answer = send(as_role("approver"), "post", URL, GIVEN | {"preview": preview} | changes)

        assert answer.status_code == 400
        assert field in answer.json()["errors"]
        assert not BlacklistEntry.objects.exists()

    def test_refuses_what_is_there_already(self):
        client = as_role("approver")
        send(client, "post", URL, GIVEN)

        answer = send(client, "post", URL, GIVEN)

        assert (answer.status_code, answer.json()["code"]) == (409, "already_listed")
        assert BlacklistEntry.objects.count() == 1


class TestRemove:
    def test_wants_a_reason(self):
        entry, client = listed(now=clock.now(), until=None), as_role("approver")

        assert client.delete(f"{URL}{entry.pk}/").status_code == 400
        answer = send(client, "delete", f"{URL}{entry.pk}/", {"reason": "Wrong customer"})

        assert answer.status_code == 200
        assert answer.json()["removed_at"]
        again = send(client, "delete", f"{URL}{entry.pk}/", {"reason": "Wrong customer"})
        assert (again.status_code, again.json()["code"]) == (409, "not_on_the_list")

    def test_takes_the_reason_from_the_address(self):
        entry = listed(now=clock.now(), until=None)

        answer = as_role("approver").delete(f"{URL}{entry.pk}/?reason=Wrong+customer")

        assert answer.status_code == 200
        entry.refresh_from_db()
        assert entry.removed_reason == "Wrong customer"


class TestPermissions:
    @pytest.mark.parametrize(
        ("role", "may_read", "may_change"),
        [("office", True, False), ("approver", True, True), ("ops", False, False), ("owner", True, True)],
    )  # fmt: skip
    def test_each_role(self, role, may_read, may_change):
        entry, client = listed(now=clock.now(), until=None), as_role(role)

        read = client.get(URL).status_code
        added = send(client, "post", URL, GIVEN).status_code
        removed = send(client, "delete", f"{URL}{entry.pk}/", {"reason": "Mine"}).status_code

        assert read == (200 if may_read else 403)
        assert (added, removed) == ((201, 200) if may_change else (403, 403))
        assert BlacklistEntry.objects.count() == (2 if may_change else 1)

    def test_strangers_get_nothing(self):
        entry = listed(now=clock.now(), until=None)

        answers = [
            Client().get(URL),
            send(Client(), "post", URL, GIVEN),
            send(Client(), "delete", f"{URL}{entry.pk}/", {"reason": "Mine"}),
        ]

        assert {answer.status_code for answer in answers} <= {401, 403}
        assert BlacklistEntry.objects.kept().count() == 1
