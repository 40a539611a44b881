"""POST and PATCH bookings, extension and renewal: strict input, one browser, nothing written on a refusal."""

import datetime as dt
import json

import pytest
from django.test import Client

from core.ids import uuid7
from courses.models import Booking, Customer
from tests.courses.make import NOW, make_course, make_session

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"
CUSTOMER = {"name": "Ada Lovelace", "email": "ada@example.com"}


@pytest.fixture(autouse=True)
def clock_file(settings, tmp_path):
    """The doors ask the clock; here it stands in November 2026, and `later` moves it."""
    path = tmp_path / "offset"
    settings.CLOCK_OFFSET_FILE = str(path)
    path.write_text(str((NOW - dt.datetime.now(dt.UTC)).total_seconds()))
    return path


def later(clock_file, **by):
    moved = NOW + dt.timedelta(**by) - dt.datetime.now(dt.UTC)
    clock_file.write_text(str(moved.total_seconds()))


def post(client, address, body=None, **headers):
    text = body if isinstance(body, str) else json.dumps(body or {})
    return client.post(f"/api/v1/{address}", text, content_type="application/json", headers=headers)


def patch(client, token, body):
    return client.patch(
        f"/api/v1/bookings/{token}/", json.dumps(body), content_type="application/json"
    )


def hold(client, session=None, /, **body):
    session = session or make_session()
    return post(client, "bookings/", {"session": str(session.pk), "places": 1} | body)


def refusal(answer, status, code):
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert answer["Content-Type"] == PROBLEM
    assert problem["status"] == status
    assert set(problem) >= {"type", "title", "detail", "errors", "trace_id"}
    return problem


class TestPostBooking:
    def test_holds_places(self, client):
        answer = hold(client, places=2)

        assert answer.status_code == 201
        booking = Booking.objects.get()
        assert answer.json() == {
            "reference": booking.reference,
            "token": booking.token,
            "status": "held",
            "places": 2,
            "hold_expires_at": answer.json()["hold_expires_at"],
            "total": {"amount": 19_200, "currency": "GBP"},
            "lines": [
                {
                    "description": "Emergency First Aid at Work",
                    "quantity": 2,
                    "unit_gross": {"amount": 9_600, "currency": "GBP"},
                    "net": {"amount": 16_000, "currency": "GBP"},
                    "vat_rate_bp": 2_000,
                    "vat": {"amount": 3_200, "currency": "GBP"},
                    "gross": {"amount": 19_200, "currency": "GBP"},
                }
            ],
        }

    def test_knows_the_browser_again(self, client):
        answer = hold(client)

        cookie = answer.cookies["rft_browser"]
        assert len(cookie.value) == 32
        assert (cookie["samesite"], bool(cookie["httponly"])) == ("Lax", True)
        assert Booking.objects.get().is_booked_by(cookie.value)

    def test_does_not_take_over_a_cookie_that_it_did_not_make(self, client):
        client.cookies["rft_browser"] = "short"

        answer = hold(client)

        assert len(answer.cookies["rft_browser"].value) == 32

    def test_keeps_details_given_with_it(self, client):
        hold(client, customer=CUSTOMER, attendees=[{"name": "Grace Hopper"}])

        booking = Booking.objects.get()
        assert booking.customer.name == "Ada Lovelace"
        assert booking.attendees.get().name == "Grace Hopper"

    @pytest.mark.parametrize(
        "change",
        [
            {"places": 0},
            {"places": -1},
            {"places": 13},
            {"places": 2**63},
            {"places": 10**30},
            {"places": 1.0},
            {"places": 1.5},
            {"places": "1"},
            {"places": True},
            {"places": None},
            {"places": [1]},
            {"session": "x"},
            {"session": 7},
            {"session": None},
            {"price": 1},
            {"total": {"amount": 1, "currency": "GBP"}},
            {"lines": []},
            {"currency": "EUR"},
            {"status": "confirmed"},
            {"customer": "Ada"},
            {"customer": None},
            {"customer": CUSTOMER | {"admin": True}},
            {"customer": {"name": "Ada"}},
            {"customer": {"name": 7, "email": "ada@example.com"}},
            {"customer": {"name": "Ada", "email": "ada"}},
            {"customer": {"name": "Ada\x00", "email": "ada@example.com"}},
            {"customer": {"name": "Ada\ud800", "email": "ada@example.com"}},
            {"attendees": {}},
            {"attendees": ["Ada"]},
            {"attendees": [{"name": "A"}, {"name": "B"}]},
            {"attendees": [{"name": "A", "age": 7}]},
            {"attendees": [{"name": "A" * 10_000}]},
        ],
        ids=str,
    )
    def test_refuses_bad_input(self, client, change):
        session = make_session(capacity=50)

        answer = hold(client, session, **change)

        assert refusal(answer, 400, "invalid")["errors"]
        assert not Booking.objects.exists()
        assert not Customer.objects.exists()

    @pytest.mark.parametrize("missing", ["session", "places"])
    def test_refuses_a_missing_field(self, client, missing):
        body = {"session": str(make_session().pk), "places": 1}
        del body[missing]

        problem = refusal(post(client, "bookings/", body), 400, "invalid")

        assert list(problem["errors"]) == [missing]
        assert not Booking.objects.exists()

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "7",
            "null",
            '"text"',
            '{"places": NaN}',
            '{"places": Infinity}',
            '{"places": 1, "places": 2}',
            "[" * 100_000,
            "\ufeff{}",
        ],
        ids=lambda text: text[:20] or "empty",
    )
    def test_refuses_what_is_no_object(self, client, text):
        answer = post(client, "bookings/", text or " ")

        assert answer.status_code == 400
        assert answer["Content-Type"] == PROBLEM
        assert not Booking.objects.exists()

    def test_refuses_another_form(self, client):
        answer = client.post("/api/v1/bookings/", {"places": 1})

        assert answer.status_code == 415
        assert answer["Content-Type"] == PROBLEM

    def test_refuses_too_large_a_body(self, client):
        answer = post(client, "bookings/", '{"a": "' + "x" * 300_000 + '"}')

        refusal(answer, 413, "too_large")
        assert not Booking.objects.exists()

    def test_refuses_a_date_that_is_not_there(self, client):
        body = {"session": str(uuid7()), "places": 1}

        refusal(post(client, "bookings/", body), 404, "session_not_found")
        assert not Booking.objects.exists()

    def test_refuses_a_past_date(self, client):
        answer = hold(client, make_session(on=dt.date(2026, 11, 20)))

        refusal(answer, 409, "session_not_open")
        assert not Booking.objects.exists()

    def test_says_how_many_places_are_left(self, client):
        answer = hold(client, make_session(capacity=2), places=3)

        problem = refusal(answer, 409, "sold_out")
        assert problem["places_left"] == 2
        assert not Booking.objects.exists()

    def test_refuses_a_fourth_hold(self, client):
        for number in range(3):
            hold(client, make_session(course=make_course(f"c{number}")))

        refusal(hold(client), 429, "too_many_holds")
        assert Booking.objects.count() == 3


class TestIdempotencyKey:
    KEY = "a-key-of-sixteen-or-more"

    def body(self, session, **change):
        return {"session": str(session.pk), "places": 1} | change

    def test_gives_the_same_answer_again(self, client):
        session = make_session()
        answers = [
            post(client, "bookings/", self.body(session), **{"Idempotency-Key": self.KEY})
            for _ in range(3)
        ]

        assert [each.status_code for each in answers] == [201] * 3
        assert len({each.json()["token"] for each in answers}) == 1
        assert answers[1]["Idempotent-Replayed"] == "true"
        assert Booking.objects.count() == 1

    def test_is_not_for_another_body(self, client):
        session = make_session()
        headers = {"Idempotency-Key": self.KEY}
        post(client, "bookings/", self.body(session), **headers)

        answer = post(client, "bookings/", self.body(session, places=2), **headers)

        assert answer.status_code == 422
        assert Booking.objects.count() == 1

    def test_is_not_for_another_browser(self, client):
        from django.test import Client

        session = make_session()
        headers = {"Idempotency-Key": self.KEY}
        first, second = client, Client()
        first.cookies["rft_browser"] = "f" * 32
        second.cookies["rft_browser"] = "s" * 32

        tokens = {
            post(each, "bookings/", self.body(session), **headers).json()["token"]
            for each in (first, second)
        }

        assert len(tokens) == 2

    @pytest.mark.parametrize("key", ["short", "x" * 256])
    def test_has_a_length(self, client, key):
        answer = post(client, "bookings/", self.body(make_session()), **{"Idempotency-Key": key})

        assert answer.status_code == 400
        assert not Booking.objects.exists()


class TestPatchBooking:
    def test_writes_who_books_and_who_comes(self, client):
        token = hold(client, places=2).json()["token"]

        answer = patch(
            client,
            token,
            {
                "customer": CUSTOMER | {"company": "Example Ltd", "purchase_order": "PO-1"},
                "attendees": [{"name": "Grace Hopper", "email": "grace@example.com"}],
                "early_start_consent": True,
            },
        )

        assert answer.status_code == 200, answer.json()
        assert [each["name"] for each in answer.json()["attendees"]] == ["Grace Hopper", ""]
        booking = Booking.objects.get()
        assert booking.early_start_consent
        assert (booking.customer.company, booking.purchase_order) == ("Example Ltd", "PO-1")

    def test_takes_the_browser_that_booked(self, client):
        from django.test import Client

        token = hold(client).json()["token"]
        stranger = Client()

        refusal(patch(stranger, token, {"customer": CUSTOMER}), 403, "another_browser")
        stranger.cookies["rft_browser"] = "x" * 32
        refusal(patch(stranger, token, {"customer": CUSTOMER}), 403, "another_browser")
        assert not Customer.objects.exists()

    @pytest.mark.parametrize("token", ["x", "a" * 32, "a" * 31 + "%00", "%C3%A9" * 32])
    def test_refuses_an_unknown_link(self, client, token):
        refusal(patch(client, token, {}), 404, "booking_not_found")
        assert not Customer.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            {"early_start_consent": "yes"},
            {"early_start_consent": 1},
            {"places": 2},
            {"total": 1},
            {"status": "confirmed"},
            {"token": "a" * 32},
            {"customer": {"name": "", "email": "ada@example.com"}},
            {"attendees": [{}]},
            {"attendees": [{"name": "A"}] * 2},
            {"attendees": [{"name": "A", "email": "b"}]},
        ],
        ids=str,
    )
    def test_refuses_bad_input(self, client, body):
        token = hold(client).json()["token"]

        answer = patch(client, token, body)

        refusal(answer, 400, "invalid")
        booking = Booking.objects.get()
        assert (booking.customer, booking.early_start_consent) == (None, False)
        assert booking.attendees.get().name == ""


class TestExtension:
    def test_gives_five_more_minutes(self, client):
        held = hold(client).json()

        answer = post(client, f"bookings/{held['token']}/extension/")

        assert answer.status_code == 201
        before, after = (
            dt.datetime.fromisoformat(each["hold_expires_at"]) for each in (held, answer.json())
        )
        assert after - before == dt.timedelta(minutes=5)
        assert answer.json()["extensions_left"] == 9

    def test_is_over_with_the_hold(self, client, clock_file):
        token = hold(client).json()["token"]
        later(clock_file, minutes=16)

        refusal(post(client, f"bookings/{token}/extension/"), 410, "hold_expired")
        assert Booking.objects.get().extensions == 0

    def test_is_used_up(self, client, settings):
        settings.HOLD_EXTENSIONS_MAX = 1
        token = hold(client).json()["token"]
        post(client, f"bookings/{token}/extension/")

        refusal(post(client, f"bookings/{token}/extension/"), 409, "extensions_used_up")
        assert Booking.objects.get().extensions == 1

    def test_takes_the_browser_that_booked(self, client):
        token = hold(client).json()["token"]

        refusal(post(Client(), f"bookings/{token}/extension/"), 403, "another_browser")
        assert Booking.objects.get().extensions == 0


class TestRenewal:
    def test_takes_the_browser_that_booked(self, client, clock_file):
        token = hold(client).json()["token"]
        later(clock_file, minutes=30)

        refusal(post(Client(), f"bookings/{token}/renewal/"), 403, "another_browser")
        assert Booking.objects.get().renewals == 0

    def test_holds_the_places_again(self, client, clock_file):
        token = hold(client).json()["token"]
        later(clock_file, minutes=30)

        answer = post(client, f"bookings/{token}/renewal/")

        assert answer.status_code == 201
        assert (answer.json()["status"], answer.json()["renewals_left"]) == ("held", 1)

    def test_is_refused_when_sold_out(self, client, clock_file):
        session = make_session(capacity=1)
        token = hold(client, session).json()["token"]
        later(clock_file, minutes=30)
        hold(client, session)

        answer = post(client, f"bookings/{token}/renewal/")

        refusal(answer, 409, "sold_out")
        assert Booking.objects.get(token=token).renewals == 0
