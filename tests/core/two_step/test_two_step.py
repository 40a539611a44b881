"""Two-step sign-in as staff meet it: with a real app's codes, over HTTP, on one clock that is moved."""

import re
from datetime import timedelta

import pyotp
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from core import clock
from core.audit.models import AuditEntry
from core.two_step import checks, services
from core.two_step.models import Authenticator, RecoveryCode
from tests.core.backoffice.staff import of_role

PASSWORD = "a long enough password"
CODE, SET_UP, MINE = "/admin/two-step/", "/admin/two-step/set-up/", "/admin/two-step/mine/"
EXPORT = "/admin/fraud/blacklistentry/export/"
pytestmark = pytest.mark.django_db


class Phone:
    """Somebody's app. A code is shown for 30 seconds: `next()` waits for a fresh one by moving the clock."""

    def __init__(self, secret, now):
        self.totp, self.now = pyotp.TOTP(secret), now

    def next(self):
        self.now.pass_(seconds=30)
        return self.totp.at(int(self.now().timestamp()))


class Moved:
    def __init__(self):
        self.at = clock.now()

    def __call__(self):
        return self.at

    def pass_(self, **time):
        self.at += timedelta(**time)


@pytest.fixture
def now(monkeypatch):
    moved = Moved()
    monkeypatch.setattr(clock, "now", moved)
    return moved


@pytest.fixture
def ada() -> User:
    person = of_role("owner")
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def phone(ada, now):
    """Ada has set it up some time ago."""
    return set_up(ada, now)


def set_up(person, now):
    secret = services.new_secret()
    phone = Phone(secret, now)
    phone.recovery_codes = services.confirm(
        person, secret, phone.next(), actor="staff:1", now=now()
    )
    return phone


def shown(client):
    """What the page hands out: the key for the app, and the form's own word of it."""
    page = client.get(SET_UP).content.decode()
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    return key, re.search(r'name="offer" value="([^"]+)"', page)[1]


def sign_in(person, client=None):
    client = client or Client()
    client.post("/admin/login/", {"username": person.username, "password": PASSWORD})
    return client


def signed_in_with_code(person, phone):
    client = sign_in(person)
    assert client.post(CODE, {"code": phone.next()}).status_code == 302
    return client


class TestSettingUp:
    def test_shows_a_picture_and_keeps_nothing_by_looking(self, ada, now):
        client = sign_in(ada)

        page = client.get(SET_UP).content.decode()

        assert "<svg" in page
        assert not Authenticator.objects.exists()
        assert shown(client)[0] != shown(client)[0]

    def test_counts_from_the_first_right_code(self, ada, now):
        client = sign_in(ada)
        key, offer = shown(client)
        phone = Phone(key, now)

        wrong = client.post(SET_UP, {"code": "000000", "offer": offer})
        assert wrong.status_code == 422
        assert f"{key[:4]} {key[4:8]}" in wrong.content.decode(), "the same key, scanned already"
        assert not services.is_set_up(ada.pk)
        right = client.post(SET_UP, {"code": phone.next(), "offer": offer})

        codes = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", right.content.decode())
        assert len(set(codes)) == services.RECOVERY_CODES
        assert services.is_set_up(ada.pk)
        assert client.get("/admin/").status_code == 200

    @pytest.mark.parametrize("offer", ["", "made-up", "of somebody else"])
    def test_takes_no_key_that_was_not_offered(self, ada, now, offer):
        secret = services.new_secret()
        if offer == "of somebody else":
            offer = services.offer(User(pk=ada.pk + 1), secret)

        answer = sign_in(ada).post(SET_UP, {"code": Phone(secret, now).next(), "offer": offer})

        assert answer.status_code == 422
        assert not services.is_set_up(ada.pk)

    def test_signs_out_who_else_knew_the_password(self, ada, now):
        elsewhere, client = sign_in(ada), sign_in(ada)
        key, offer = shown(client)

        client.post(SET_UP, {"code": Phone(key, now).next(), "offer": offer})

        assert elsewhere.get("/admin/").status_code == 302

    def test_keeps_no_secret_in_clear(self, ada, phone):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM two_step_authenticator")
            assert Authenticator.objects.get().secret.encode() not in bytes(cursor.fetchone()[0])
            cursor.execute("SELECT string_agg(digest, ' ') FROM two_step_recoverycode")
            kept = cursor.fetchone()[0]
        assert not [each for each in phone.recovery_codes if each in kept]

    def test_with_the_password_alone_replaces_nothing(self, ada, phone):
        secret = services.new_secret()
        offer = services.offer(ada, secret)

        answer = sign_in(ada).post(
            SET_UP, {"code": Phone(secret, phone.now).next(), "offer": offer}
        )

        assert answer.headers["Location"].startswith(CODE)
        assert Authenticator.objects.get().secret == phone.totp.secret


class TestSigningIn:
    def test_wants_the_code_before_any_page(self, ada, phone):
        client = sign_in(ada)

        for path in ("/admin/", "/admin/payments/payment/", MINE):
            assert client.get(path).headers["Location"].startswith(CODE)
        assert client.get("/api/v1/staff/payments/").json()["code"] == "two_step_code_needed"
        assert client.post(
            CODE, {"code": phone.next(), "next": "/admin/payments/payment/"}
        ).headers["Location"] == ("/admin/payments/payment/")
        assert client.get("/admin/").status_code == 200
        assert client.get("/api/v1/staff/payments/").status_code == 200

    def test_takes_a_code_once(self, ada, phone):
        code = phone.next()
        assert sign_in(ada).post(CODE, {"code": code}).status_code == 302

        assert sign_in(ada).post(CODE, {"code": code}).status_code == 422

    @pytest.mark.parametrize("steps", [-1, 0, 1])
    def test_lets_a_phone_be_half_a_minute_off(self, ada, phone, now, steps):
        now.pass_(minutes=5)
        code = phone.totp.at(int(now().timestamp()) + 30 * steps)

        assert sign_in(ada).post(CODE, {"code": code}).status_code == 302

    @pytest.mark.parametrize("steps", [-2, 2])
    def test_refuses_one_that_is_more_off(self, ada, phone, now, steps):
        now.pass_(minutes=5)
        code = phone.totp.at(int(now().timestamp()) + 30 * steps)

        assert sign_in(ada).post(CODE, {"code": code}).status_code == 422

    def test_takes_each_recovery_code_once_however_it_is_typed(self, ada, phone):
        code = phone.recovery_codes[3]
        assert (
            sign_in(ada).post(CODE, {"code": f" {code.upper().replace('-', ' ')}"}).status_code
            == 302
        )

        assert sign_in(ada).post(CODE, {"code": code}).status_code == 422
        assert RecoveryCode.objects.filter(used_at=None).count() == services.RECOVERY_CODES - 1

    def test_refuses_a_code_of_somebody_else(self, ada, phone, now):
        bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
        other = set_up(bob, now)

        assert sign_in(ada).post(CODE, {"code": other.next()}).status_code == 422

    def test_ends_guessing(self, ada, phone, settings):
        from core.ratelimit import store

        store.forget()
        settings.RATE_LIMITS = {"sign_in": "6/15m", "sign_in.user": "6/15m"}
        client = sign_in(ada)

        answers = [client.post(CODE, {"code": "000000"}).status_code for _ in range(8)]

        assert answers.count(429) >= 3
        assert client.post(CODE, {"code": phone.next()}).status_code == 429
        store.forget()

    def test_leads_to_no_other_site(self, ada, phone):
        answer = sign_in(ada).post(CODE, {"code": phone.next(), "next": "https://evil.test/"})

        assert answer.headers["Location"] == "/admin/"

    def test_gives_the_session_a_new_name(self, ada, phone, settings):
        client = sign_in(ada)
        before = client.cookies[settings.SESSION_COOKIE_NAME].value
        client.post(CODE, {"code": phone.next()})

        assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
        assert not Session.objects.filter(session_key=before).exists()


class TestRequired:
    def test_leads_everybody_to_set_it_up(self, ada, settings):
        settings.STAFF_TWO_STEP = "required"
        client = sign_in(ada)

        assert client.get("/admin/").headers["Location"].startswith(SET_UP)
        assert client.get("/api/v1/staff/payments/").status_code == 403

    def test_offered_lets_the_password_alone(self, ada):
        assert sign_in(ada).get("/admin/").status_code == 200


class TestFreshCode:
    @pytest.fixture
    def client(self, ada, phone, now):
        client = signed_in_with_code(ada, phone)
        now.pass_(minutes=6)
        return client

    def test_is_wanted_for_an_export(self, client, phone):
        assert client.get(EXPORT).headers["Location"].startswith(CODE)

        client.post(CODE, {"code": phone.next()})

        assert client.get(EXPORT).status_code == 200

    def test_is_not_wanted_for_reading(self, client):
        assert client.get("/admin/payments/payment/").status_code == 200

    def test_is_not_wanted_within_five_minutes(self, ada, phone, now):
        client = signed_in_with_code(ada, phone)
        now.pass_(minutes=4)

        assert client.get(EXPORT).status_code == 200

    def test_is_wanted_for_a_form_and_loses_nothing_of_it(self, client, ada, phone):
        form = {"username": "new-person", "password1": "x", "note": ["a<b", "c"]}
        path = "/admin/auth/user/add/"

        asked = client.post(path, form).content.decode()

        assert 'name="username" value="new-person"' in asked
        assert 'name="note" value="a&lt;b"' in asked
        assert 'name="note" value="c"' in asked
        wrong = client.post(path, {**form, "two_step_code": "000000"})
        assert wrong.status_code == 422
        assert 'name="username" value="new-person"' in wrong.content.decode()
        good = {
            "username": "new-person", "password1": "correct horse battery staple",
            "password2": "correct horse battery staple", "usable_password": "true",
        }  # fmt: skip
        through = client.post(path, {**good, "two_step_code": phone.next()})
        assert through.status_code == 302
        assert User.objects.filter(username="new-person").exists()

    def test_is_wanted_by_the_api_in_a_header(self, client, phone):
        path = "/api/v1/staff/refunds/"
        refused = client.post(path, {}, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (403, "fresh_code_needed")

        heard = client.post(
            path, {}, content_type="application/json", headers={"X-Two-Step-Code": phone.next()}
        )

        assert heard.status_code == 400

    def test_without_the_guard_none_is_wanted(self, client, settings):
        """The twin."""
        settings.STAFF_STEP_UP_SECONDS = 0

        assert client.get(EXPORT).status_code == 200


class TestEnding:
    def test_comes_after_half_an_hour_without_a_click(self, ada, now):
        client = sign_in(ada)
        now.pass_(minutes=20)
        assert client.get("/admin/").status_code == 200
        now.pass_(minutes=29)
        assert client.get("/admin/").status_code == 200
        now.pass_(minutes=31)

        assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
        assert Session.objects.count() == 0

    def test_comes_for_a_page_that_only_polls(self, ada, now):
        client = sign_in(ada)
        for _ in range(4):
            now.pass_(minutes=10)
            answer = client.get("/admin/", headers={"HX-Request": "true"})

        assert answer.headers["HX-Redirect"].startswith("/admin/login/")

    def test_comes_after_a_working_day_of_clicks(self, ada, now):
        client = sign_in(ada)
        for _ in range(16):
            now.pass_(minutes=29)
            assert client.get(MINE).status_code == 200
        now.pass_(minutes=17)

        assert client.get("/admin/").status_code == 302

    def test_of_the_other_places_is_one_tap(self, ada):
        elsewhere, client = sign_in(ada), sign_in(ada)
        assert "Elsewhere" in client.get(MINE).content.decode()

        client.post(MINE)

        assert elsewhere.get("/admin/").status_code == 302
        assert client.get("/admin/").status_code == 200


class TestLostPhone:
    def test_is_helped_by_an_owner_with_a_reason(self, ada, phone, now):
        helper = User.objects.create_user("helper", password=PASSWORD, is_staff=True)
        helper.groups.set(ada.groups.all())
        client, path = sign_in(helper), f"/admin/two-step/remove/{ada.pk}/"
        theirs = signed_in_with_code(ada, phone)

        assert client.post(path, {"reason": " "}).status_code == 422
        assert services.is_set_up(ada.pk)
        client.post(path, {"reason": "Rang me, I know her voice"})

        assert not services.is_set_up(ada.pk)
        assert theirs.get("/admin/").status_code == 302
        entry = AuditEntry.objects.get(action="two_step.remove")
        assert (entry.actor, entry.reason) == (f"staff:{helper.pk}", "Rang me, I know her voice")
        assert sign_in(ada).get("/admin/").status_code == 200

    def test_is_not_helped_by_the_office(self, ada, phone):
        assert (
            sign_in_as_office()
            .post(f"/admin/two-step/remove/{ada.pk}/", {"reason": "x"})
            .status_code
            == 403
        )
        assert services.is_set_up(ada.pk)


class TestChecks:
    def test_name_what_is_wrong(self, settings):
        settings.STAFF_TWO_STEP = "no"
        settings.STAFF_STEP_UP_PATHS = ["("]

        assert [each.id for each in checks.settings_make_sense()] == [
            "two_step.E001",
            "two_step.E002",
        ]

    def test_warn_of_one_step_in_production(self, settings):
        settings.ENVIRONMENT_NAME = "production"

        assert [each.id for each in checks.settings_make_sense()] == ["two_step.W001"]


def sign_in_as_office():
    person = of_role("office")
    person.set_password(PASSWORD)
    person.save()
    return sign_in(person)
