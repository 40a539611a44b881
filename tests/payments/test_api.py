"""The API of money: what each call answers, and what bad input never does."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from core.performance import recorder
from courses.browser import COOKIE
from payments.models import GatewayCall, Payment, Refund
from tests.payments import make

pytestmark = pytest.mark.django_db

BROWSER = "b" * 32


@pytest.fixture
def booking(now):
    return make.ready(now=now, browser=BROWSER)


@pytest.fixture
def browser():
    client = Client()
    client.cookies[COOKIE] = BROWSER
    return client


def post(client, path, body, **headers):
    data = body if isinstance(body, str) else json.dumps(body)
    return client.post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)


def pay(client, booking, body, **headers):
    return post(client, f"bookings/{booking.token}/payments/", body, **headers)


class TestPay:
    def test_counts_who_presses_pay(self, sandbox, browser, booking):
        recorder.take()

        pay(browser, booking, {"confirmation_token": sandbox.confirmation_token()})

        pressed = [
            row.count for (_, name, _), row in recorder.take().items() if name == "pay_submitted"
        ]
        assert pressed == [1]

    def test_answers_succeeded(self, sandbox, browser, booking):
        answer = pay(browser, booking, {"confirmation_token": sandbox.confirmation_token()})

        assert answer.status_code == 201
        assert answer.json() == {
            "status": "succeeded",
            "amount": {"amount": booking.total_minor, "currency": "GBP"},
        }

    def test_answers_requires_action_with_the_secret(self, sandbox, browser, booking):
        token = sandbox.confirmation_token("pm_card_authenticationRequired")

        answer = pay(browser, booking, {"confirmation_token": token}).json()

        assert answer["status"] == "requires_action"
        assert "_secret_" in answer["client_secret"]

    def test_answers_under_review(self, sandbox, browser, booking, settings):
        settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101

        answer = pay(browser, booking, {"confirmation_token": sandbox.confirmation_token()})

        assert (answer.status_code, answer.json()["status"]) == (201, "under_review")

    def test_answers_unknown(self, sandbox, browser, booking, monkeypatch):
        monkeypatch.setattr("payments.gateways.transport.CALL_SECONDS", 1.0)
        sandbox.fault("timeout_after", path="/v1/payment_intents", method="POST", seconds=3)

        answer = pay(browser, booking, {"confirmation_token": sandbox.confirmation_token()})

        assert (answer.status_code, answer.json()["status"]) == (201, "unknown")

    @pytest.mark.parametrize(
        ("card", "status", "code", "decline_code"),
        [
            ("pm_card_visa_chargeDeclined", 402, "card_declined", None),
            ("pm_card_chargeDeclinedExpiredCard", 402, "card_declined", "expired_card"),
            ("pm_card_chargeDeclinedFraudulent", 402, "card_declined", None),
        ],
    )
    def test_tells_a_refusal(self, sandbox, browser, booking, card, status, code, decline_code):
        answer = pay(browser, booking, {"confirmation_token": sandbox.confirmation_token(card)})

        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code)
        assert problem.get("decline_code") == decline_code

    def test_gives_no_reason_when_blocked(self, sandbox, browser, booking, settings):
        settings.FRAUD_BLOCK_ABOVE, settings.FRAUD_REVIEW_FROM = -1, -2

        answer = pay(browser, booking, {"confirmation_token": sandbox.confirmation_token()})

        assert (answer.status_code, answer.json()["code"]) == (403, "payment_refused")
        assert "score" not in answer.content.decode()

    def test_is_already_paid(self, sandbox, browser, booking):
        pay(browser, booking, {"confirmation_token": sandbox.confirmation_token()})

        answer = pay(browser, booking, {"confirmation_token": sandbox.confirmation_token()})

        assert (answer.status_code, answer.json()["code"]) == (409, "already_paid")

    def test_is_in_progress(self, sandbox, browser, booking):
        card = "pm_card_authenticationRequired"
        pay(browser, booking, {"confirmation_token": sandbox.confirmation_token(card)})

        answer = pay(browser, booking, {"confirmation_token": sandbox.confirmation_token()})

        assert (answer.status_code, answer.json()["code"]) == (409, "payment_in_progress")

    def test_an_ended_hold_is_gone(self, sandbox, browser, booking):
        booking.hold_expires_at = booking.created_at
        booking.save(update_fields=["hold_expires_at"])

        answer = pay(browser, booking, {"confirmation_token": sandbox.confirmation_token()})

        assert (answer.status_code, answer.json()["code"]) == (410, "hold_expired")
        assert not Payment.objects.exists()

    def test_the_same_key_gives_the_same_answer(self, sandbox, browser, booking):
        body = {"confirmation_token": sandbox.confirmation_token()}
        key = {"Idempotency-Key": "k" * 20}

        first = pay(browser, booking, body, **key)
        again = pay(browser, booking, body, **key)

        assert first.json() == again.json()
        assert again.headers["Idempotent-Replayed"] == "true"
        assert len(sandbox.books()["payment_intents"]) == 1

    def test_another_browser_may_not(self, sandbox, booking):
        answer = pay(Client(), booking, {"confirmation_token": sandbox.confirmation_token()})

        assert answer.status_code == 403
        assert not Payment.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            "",
            "{",
            "null",
            '{"confirmation_token": NaN}',
            {"confirmation_token": ""},
            {"confirmation_token": None},
            {"confirmation_token": 42},
            {"confirmation_token": ["ctoken_12345678"]},
            {"confirmation_token": "pm_card_visa"},
            {"confirmation_token": "ctoken_" + "x" * 300},
            {"confirmation_token": "ctoken_../../refunds"},
            {"confirmation_token": "ctoken_12345678", "amount": 1},
            {"confirmation_token": "ctoken_12345678", "currency": "USD"},
            {"confirmation_token": "ctoken_12345678", "price": {"amount": 1, "currency": "GBP"}},
            {"confirmation_token": "ctoken_12345678", "device": "a browser"},
            {"confirmation_token": "ctoken_12345678", "device": {"seconds_on_form": 1.5}},
            {"confirmation_token": "ctoken_12345678", "device": {"seconds_on_form": -1}},
            {"confirmation_token": "ctoken_12345678", "device": {"seconds_on_form": 10**30}},
            {"confirmation_token": "ctoken_12345678", "device": {"cookies": "all"}},
            {"confirmation_token": "ctoken_12345678", "device": {"webdriver": "false"}},
            {"confirmation_token": "ctoken_12345678", "device": {"webdriver": 1}},
            {"confirmation_token": "ctoken_12345678", "device": {"fingerprint": "x" * 64}},
            {"confirmation_token": "ctoken_12345678", "device": {"fingerprint": "ab" * 33}},
            {"confirmation_token": "ctoken_12345678", "device": {"fingerprint": "ab"}},
            {"confirmation_token": "ctoken_12345678", "device": {"fingerprint": 4 * 10**20}},
            {"confirmation_token": "ctoken_12345678", "device": {"id": "x" * 129}},
        ],
    )
    def test_bad_input_writes_nothing(self, sandbox, browser, booking, body):
        answer = pay(browser, booking, body)

        booking.refresh_from_db()
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert not Payment.objects.exists()
        assert not GatewayCall.objects.exists()
        assert booking.status == "held"

    def test_an_unknown_link_is_not_found(self, sandbox, browser):
        answer = post(browser, f"bookings/{'x' * 32}/payments/", {"confirmation_token": "c"})

        assert answer.status_code == 404

    def test_an_unknown_token_asks_for_the_card_again(self, sandbox, browser, booking):
        answer = pay(browser, booking, {"confirmation_token": "ctoken_12345678"})

        booking.refresh_from_db()
        assert answer.status_code == 400
        assert "confirmation_token" in answer.json()["errors"]
        assert booking.status == "held"
        assert not GatewayCall.objects.exists()


class TestBooking:
    def test_shows_what_was_paid(self, sandbox, browser, booking, now):
        make.pay(booking, sandbox, now=now)

        shown = browser.get(f"/api/v1/bookings/{booking.token}/").json()

        assert shown["status"] == "confirmed"
        assert shown["payment"]["status"] == "succeeded"
        assert shown["paid"] == shown["total"]
        assert shown["refunded"] == {"amount": 0, "currency": "GBP"}

    def test_shows_the_secret_to_the_browser_that_booked_only(self, sandbox, browser, booking, now):
        make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
        address = f"/api/v1/bookings/{booking.token}/"

        booker, stranger = (each.get(address).json() for each in (browser, Client()))

        assert "_secret_" in booker["payment"]["client_secret"]
        assert stranger["payment"] == {
            "status": "requires_action",
            "amount": {"amount": booking.total_minor, "currency": "GBP"},
        }

    def test_shows_one_without_a_payment(self, browser, booking):
        shown = browser.get(f"/api/v1/bookings/{booking.token}/").json()

        assert shown["payment"] is None
        assert shown["paid"]["amount"] == 0


def staff(*permissions):
    user = User.objects.create_user("olive", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


class TestStaff:
    @pytest.mark.parametrize("path", ["reviews/", "payments/"])
    def test_strangers_see_nothing(self, path):
        assert Client().get(f"/api/v1/staff/{path}").status_code in (401, 403)
        assert staff().get(f"/api/v1/staff/{path}").status_code == 403

    def test_payments_are_listed(self, sandbox, now):
        payment = make.paid(sandbox, now=now)

        [row] = staff("view_payment").get("/api/v1/staff/payments/").json()["results"]

        assert (row["id"], row["status"]) == (str(payment.id), "succeeded")

    def test_a_review_is_decided(self, sandbox, now, settings):
        settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101
        make.pay(make.ready(now=now), sandbox, now=now)
        client = staff("view_reviewcase", "change_reviewcase")
        [case] = client.get("/api/v1/staff/reviews/").json()["results"]

        body = {"decision": "approve", "reason": "score_wrong"}
        answer = post(client, f"staff/reviews/{case['id']}/decision/", body)
        again = post(client, f"staff/reviews/{case['id']}/decision/", body)

        assert (answer.status_code, answer.json()["state"]) == (201, "approved")
        assert (again.status_code, again.json()["code"]) == (409, "already_decided")

    def test_a_refund_is_decided(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        body = {
            "payment": str(payment.id),
            "amount": {"amount": 9600, "currency": "GBP"},
            "reason": "goodwill",
        }

        answer = post(staff("add_refund"), "staff/refunds/", body)

        assert (answer.status_code, answer.json()["status"]) == (201, "approved")
        assert Refund.objects.get().requested_by == f"staff:{User.objects.get().pk}"

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"amount": {"amount": 9601, "currency": "GBP"}}, 409),
            ({"amount": {"amount": 0, "currency": "GBP"}}, 400),
            ({"amount": {"amount": -1, "currency": "GBP"}}, 400),
            ({"amount": {"amount": 1.5, "currency": "GBP"}}, 400),
            ({"amount": {"amount": 100, "currency": "EUR"}}, 400),
            ({"amount": 9600}, 400),
            ({"amount": {"amount": 10**30, "currency": "GBP"}}, 400),
            ({"reason": "external"}, 400),
            ({"reason": "because"}, 400),
            ({"payment": "no id"}, 400),
            ({"payment": "0197d3c0-0000-7000-8000-000000000000"}, 404),
            ({"attendees": ["0197d3c0-0000-7000-8000-000000000000"]}, 400),
            ({"surprise": True}, 400),
        ],
    )
    def test_a_bad_refund_writes_nothing(self, sandbox, now, changes, status):
        payment = make.paid(sandbox, now=now)
        body = {
            "payment": str(payment.id),
            "amount": {"amount": 9600, "currency": "GBP"},
            "reason": "goodwill",
        }

        answer = post(staff("add_refund"), "staff/refunds/", body | changes)

        payment.refresh_from_db()
        assert answer.status_code == status
        assert payment.refunded_minor == 0
        assert not Refund.objects.exists()
