"""The staff API of reviews: who may, what it answers page by page, and that it decides by the desk's rules."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from core.ids import uuid7
from fraud.models import BlacklistEntry
from fraud.selectors import ReviewCase
from tests.payments import make

pytestmark = pytest.mark.django_db
QUEUE = "/api/v1/staff/reviews/"


@pytest.fixture
def case(sandbox, now, settings) -> ReviewCase:
    settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101
    make.pay(make.ready(now=now), sandbox, now=now)
    return ReviewCase.objects.get()


def somebody(*permissions: str) -> Client:
    user = User.objects.create_user(f"sam-{uuid7().hex}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def decide(client: Client, case: ReviewCase, **body):
    return client.post(
        f"{QUEUE}{case.pk}/decision/",
        json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": uuid7().hex},
    )


DECLINE = {"decision": "decline", "reason": "stolen_or_tested_card"}


class TestPermissions:
    @pytest.mark.parametrize("path", ["", "{}/"])
    def test_reading_needs_the_right_to_view(self, case, path):
        address = QUEUE + path.format(case.pk)

        assert Client().get(address).status_code in (401, 403)
        assert somebody("view_payment").get(address).status_code == 403
        assert somebody("view_reviewcase").get(address).status_code == 200

    def test_deciding_needs_the_right_to_change(self, case):
        assert decide(Client(), case, **DECLINE).status_code in (401, 403)
        assert decide(somebody("view_reviewcase"), case, **DECLINE).status_code == 403
        assert ReviewCase.objects.get().state == "open"


class TestList:
    def test_walks_the_queue_by_cursor(self, case):
        for number in range(4):
            ReviewCase.objects.create(
                payment_id=uuid7(), assessment=case.assessment, score=case.score,
                booking_reference=f"RFT-{number}", amount_minor=9600, opened_at=case.opened_at,
                promise_at=case.promise_at + timedelta(minutes=number + 1),
                hard_limit_at=case.hard_limit_at,
            )  # fmt: skip
        client, address, seen = somebody("view_reviewcase"), f"{QUEUE}?limit=2", []

        while address:
            page = client.get(address).json()
            seen += [each["booking"] for each in page["results"]]
            address = page["next"]

        assert seen == [case.booking_reference, "RFT-0", "RFT-1", "RFT-2", "RFT-3"]

    def test_shows_what_is_decided_on_request(self, case):
        client = somebody("view_reviewcase", "change_reviewcase")
        decide(client, case, **DECLINE)

        assert client.get(QUEUE).json()["results"] == []
        [row] = client.get(f"{QUEUE}?state=decided").json()["results"]
        assert (row["booking"], row["state"]) == (case.booking_reference, "declined")

    @pytest.mark.parametrize("query", ["state=maybe", "cursor=nonsense"])
    def test_refuses_nonsense(self, case, query):
        assert somebody("view_reviewcase").get(f"{QUEUE}?{query}").status_code == 400


class TestDetail:
    def test_the_readings_add_up_to_the_score(self, case):
        shown = somebody("view_reviewcase").get(f"{QUEUE}{case.pk}/").json()

        assert sum(each["points"] for each in shown["readings"]) == shown["score"]
        assert shown["amount"] == {"amount": 9600, "currency": "GBP"}
        assert shown["decided_at"] is None

    def test_unknown_is_not_found(self, case):
        answer = somebody("view_reviewcase").get(f"{QUEUE}{uuid7()}/")

        assert (answer.status_code, answer.json()["code"]) == (404, "case_not_found")


class TestDecision:
    def test_declines_and_blocks(self, case):
        client = somebody("change_reviewcase", "change_blacklistentry")

        answer = decide(client, case, **DECLINE, block=["card", "email"])

        assert (answer.status_code, answer.json()["state"]) == (201, "declined")
        blocked = BlacklistEntry.objects.filter(source="person").order_by("kind")
        assert [each.kind for each in blocked] == ["card", "email"]

    def test_blocking_needs_the_right_to_change_the_list(self, case):
        client = somebody("change_reviewcase")

        answer = decide(client, case, **DECLINE, block=["card"])

        assert (answer.status_code, answer.json()["code"]) == (403, "needs_approver")
        assert ReviewCase.objects.get().state == "open"
        assert not BlacklistEntry.objects.exists()

    def test_the_second_hears_of_the_first(self, case):
        client = somebody("change_reviewcase")
        decide(client, case, decision="approve", reason="known_organisation")

        answer = decide(client, case, **DECLINE)

        assert (answer.status_code, answer.json()["code"]) == (409, "already_decided")
        assert answer.json()["state"] == "approved"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"decision": "lapse", "reason": "other"},
            {"decision": "approve", "reason": "stolen_or_tested_card"},
            {"decision": "decline", "reason": "other"},
            {"decision": "decline", "reason": "not_confirmed", "block": ["planet"]},
            {"decision": "approve", "reason": "score_wrong", "block": ["card"]},
            {"decision": "approve", "reason": "score_wrong", "force": True},
        ],
    )
    def test_refuses_bad_input_and_changes_nothing(self, case, body):
        client = somebody("change_reviewcase", "change_blacklistentry")

        assert decide(client, case, **body).status_code == 400
        assert ReviewCase.objects.get().state == "open"
        assert not BlacklistEntry.objects.exists()


class TestDocs:
    def test_each_call_has_an_example(self, client):
        paths = client.get("/api/v1/schema/?format=json").json()["paths"]

        assert "RFT-7KQ4MX" in json.dumps(paths["/api/v1/staff/reviews/"])
        assert "Three different cards" in json.dumps(paths["/api/v1/staff/reviews/{case_id}/"])
        decision = json.dumps(paths["/api/v1/staff/reviews/{case_id}/decision/"])
        assert "stolen_or_tested_card" in decision
