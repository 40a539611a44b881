"""The seven rules of a key, over HTTP."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from core import clock, errors
from core.idempotency import keys, store
from core.idempotency.models import LEASE, RETENTION, IdempotencyKey
from tests.core import doors as views

pytestmark = pytest.mark.django_db
KEY = "a-key-of-its-own-0001"


def post(client, body=None, key=KEY, **headers):
    headers = {"Idempotency-Key": key} | headers if key is not None else headers
    return client.post(
        "/api/v1/orders/",
        json.dumps({"places": 1} if body is None else body),
        content_type="application/json",
        headers=headers,
    )


@pytest.fixture
def later(settings, tmp_path):
    """Moves the clock on."""
    settings.CLOCK_OFFSET_FILE = str(tmp_path / "offset")

    def move(by: timedelta) -> None:
        (tmp_path / "offset").write_text(str(by.total_seconds()))

    return move


class TestTheSameAnswer:
    def test_is_given_to_a_repeat(self, doors):
        first, second = post(doors), post(doors)

        assert len(views.runs) == 1
        assert (second.status_code, second.content) == (first.status_code, first.content)
        assert second.headers["Content-Type"] == first.headers["Content-Type"]
        assert second.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers

    def test_is_given_for_the_same_body_written_differently(self, doors):
        post(doors, {"places": 1, "name": "Ann"})

        assert post(doors, {"name": "Ann", "places": 1}).headers["Idempotent-Replayed"] == "true"

    @pytest.mark.parametrize(
        ("answer", "status"),
        [
            (ZeroDivisionError(), 500),
            (errors.PaymentDeclined(), 402),
            (errors.Refused(), 403),
            (202, 202),
        ],
    )
    def test_is_kept_whatever_the_work_ended_in(self, doors, answer, status):
        views.answers.append(answer)

        first, second = post(doors), post(doors)

        assert (first.status_code, second.status_code) == (status, status)
        assert second.content == first.content
        assert len(views.runs) == 1

    @pytest.mark.parametrize(
        "answer",
        [
            errors.Invalid(),
            errors.NotFound(),
            errors.Conflict(),
            errors.Gone(),
            errors.TooMany(),
            errors.Unavailable(),
        ],
    )
    def test_is_not_kept_for_what_never_began(self, doors, answer):
        views.answers.append(answer)

        first, second = post(doors), post(doors)

        assert first.status_code >= 400
        assert second.status_code == 201
        assert "Idempotent-Replayed" not in second.headers

    def test_is_not_kept_for_bad_input(self, doors):
        assert post(doors, {"places": 0}).status_code == 400
        assert not IdempotencyKey.objects.exists()
        assert post(doors, {"places": 1}).status_code == 201

    def test_is_sealed_in_the_table(self, doors):
        token = post(doors).json()["token"]

        with connection.cursor() as cursor:
            cursor.execute("SELECT answer, row_to_json(k)::text FROM idempotency_idempotencykey k")
            answer, dump = cursor.fetchone()
        assert token.encode() not in bytes(answer)
        assert KEY not in dump

    def test_is_forgotten_after_24_hours(self, doors, later):
        post(doors)
        later(RETENTION + timedelta(minutes=1))

        assert post(doors).json()["number"] == 2
        assert post(doors).json()["number"] == 2

    def test_is_still_known_just_before(self, doors, later):
        post(doors)
        later(RETENTION - timedelta(minutes=1))

        assert post(doors).json()["number"] == 1


class TestAnotherRequest:
    def test_under_the_same_key_is_422(self, doors):
        post(doors, {"places": 1})

        response = post(doors, {"places": 2})

        assert response.status_code == 422
        assert response.json()["code"] == "idempotency_key_reused"
        assert len(views.runs) == 1

    def test_in_flight_is_409(self, doors):
        post(doors)
        IdempotencyKey.objects.update(answer=None, answered_at=None)

        response = post(doors)

        assert (response.status_code, response.json()["code"]) == (409, "request_in_flight")
        assert response.headers["Retry-After"] == "1"
        assert len(views.runs) == 1

    def test_takes_over_when_the_first_died(self, doors, later):
        post(doors)
        IdempotencyKey.objects.update(answer=None, answered_at=None)
        later(LEASE + timedelta(seconds=1))

        assert post(doors).json()["number"] == 2
        assert IdempotencyKey.objects.get().attempt == 2


class TestActors:
    def test_do_not_see_each_others_answers(self, doors):
        first = post(doors, **{"User-Agent": "one"}).json()
        doors.cookies.clear()
        doors.cookies["rft_browser"] = "x" * 32
        second = post(doors).json()
        doors.cookies.clear()
        third = post(doors, **{"User-Agent": "two"}).json()

        assert len({first["token"], second["token"], third["token"]}) == 3

    def test_are_known_again_by_the_cookie_of_the_first_answer(self, doors):
        first = post(doors)
        assert doors.cookies["rft_browser"].value == "b" * 32

        assert post(doors).content == first.content

    def test_who_lost_the_first_answer_get_its_cookie(self, doors):
        first = post(doors)
        doors.cookies.clear()

        second = post(doors)

        assert second.content == first.content
        assert second.cookies["rft_browser"].output() == first.cookies["rft_browser"].output()


class TestKeys:
    @pytest.mark.parametrize("key", ["", "short", "x" * 15, "x" * 256, "x" * 20 + "\x7f", "é" * 20])
    def test_of_another_form_are_refused(self, doors, key):
        response = post(doors, key=key)

        assert (response.status_code, response.json()["code"]) == (400, "bad_idempotency_key")
        assert not views.runs

    @pytest.mark.parametrize("key", ["x" * 16, "x" * 255])
    def test_at_the_bounds_are_taken(self, doors, key):
        assert post(doors, key=key).status_code == 201

    def test_are_not_asked_for(self, doors):
        assert post(doors, key=None).status_code == 201
        assert not IdempotencyKey.objects.exists()


class TestCost:
    def test_is_three_statements_for_a_new_key_and_one_for_a_repeat(
        self, doors, django_assert_num_queries
    ):
        with django_assert_num_queries(4):
            post(doors)
        with django_assert_num_queries(1):
            post(doors)


class TestPrune:
    def test_forgets_what_is_past_its_time(self, doors):
        post(doors)
        now = clock.now()

        assert store.prune(now=now) == 0
        assert store.prune(now=now + RETENTION + timedelta(seconds=1)) == 1
        assert not IdempotencyKey.objects.exists()


class TestFinish:
    def test_changes_nothing_after_another_took_over(self):
        now = clock.now()
        late = store.begin(scopes=["s"], key="k", fingerprint="f", now=now)
        store.begin(scopes=["s"], key="k", fingerprint="f", now=now + LEASE)

        store.finish(late, answer={"status": 200}, now=now + LEASE)

        assert IdempotencyKey.objects.get().answered_at is None
        store.finish(late, answer=None, now=now + LEASE)
        assert IdempotencyKey.objects.exists()


def test_stored_statuses_are_those_of_the_rules():
    assert {400, 401, 404, 409, 410, 413, 415, 429, 503} == keys.NOT_KEPT
