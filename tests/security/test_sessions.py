"""S87: a session begins with a new name, and ends for everybody at once when it must."""

import pytest
from django.conf import settings as active
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from tests.core.backoffice.staff import of_role

PASSWORD = "a long enough password"
pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    person = of_role("owner")
    person.set_password(PASSWORD)
    person.save()
    return person


def sign_in(client: Client, person: User):
    return client.post("/admin/login/", {"username": person.username, "password": PASSWORD})


def session_of(client: Client) -> str:
    return client.cookies[active.SESSION_COOKIE_NAME].value


class TestSession:
    def test_s87_gets_a_new_name_at_sign_in(self, client, ada):
        client.cookies[active.SESSION_COOKIE_NAME] = "a" * 32
        sign_in(client, ada)
        first = session_of(client)
        client.post("/admin/logout/")
        sign_in(client, ada)

        assert first not in ("a" * 32, session_of(client))

    def test_s87_is_gone_from_the_server_after_signing_out(self, client, ada):
        sign_in(client, ada)
        stolen = session_of(client)
        client.post("/admin/logout/")

        thief = Client()
        thief.cookies[active.SESSION_COOKIE_NAME] = stolen

        assert Session.objects.filter(session_key=stolen).count() == 0
        assert thief.get("/admin/").status_code == 302

    def test_s87_ends_with_a_changed_password_everywhere_else(self, client, ada):
        sign_in(client, ada)
        elsewhere = Client()
        sign_in(elsewhere, ada)

        new = "another long enough password"
        changed = client.post(
            "/admin/password_change/",
            {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
        )

        assert changed.status_code == 302
        assert client.get("/admin/").status_code == 200
        assert elsewhere.get("/admin/").status_code == 302

    @pytest.mark.parametrize("taken", ["is_active", "is_staff"])
    def test_s87_ends_with_the_account_at_the_next_request(self, client, ada, taken):
        sign_in(client, ada)
        assert client.get("/admin/").status_code == 200

        User.objects.filter(pk=ada.pk).update(**{taken: False})

        assert client.get("/admin/").status_code == 302
        assert client.get("/api/v1/staff/payments/").status_code == 403

    def test_s87_loses_what_its_role_loses_at_the_next_request(self, client, ada):
        sign_in(client, ada)
        assert client.get("/admin/auth/user/").status_code == 200

        ada.groups.clear()

        assert client.get("/admin/auth/user/").status_code == 403

    def test_ends_by_itself_after_a_working_day(self, client, ada):
        sign_in(client, ada)

        assert active.SESSION_COOKIE_AGE <= 8 * 3600
        assert client.cookies[active.SESSION_COOKIE_NAME]["max-age"] == active.SESSION_COOKIE_AGE

    def test_is_a_name_of_128_bits_or_more(self, client, ada):
        sign_in(client, ada)

        assert len(session_of(client)) >= 32
        assert session_of(client).isalnum()

    def test_does_not_begin_by_looking(self, client):
        client.get("/")
        client.get("/help/")

        assert Session.objects.count() == 0


class TestPassword:
    @pytest.mark.parametrize(
        ("password", "fine"),
        [
            ("short pass", False),
            ("1q2w3e4r5t6y7u8i", False),
            ("reactfasttraining", False),
            ("first-aid-at-work!", False),
            ("owner-person-123", False),
            ("correct horse battery staple", True),
            ("ж" * 15 + "中 文", True),
            ("p " * 60, True),
        ],
    )
    def test_is_long_and_not_easily_guessed_and_nothing_else(self, ada, password, fine):
        from django.contrib.auth.password_validation import validate_password
        from django.core.exceptions import ValidationError

        try:
            validate_password(password, ada)
        except ValidationError:
            assert not fine
        else:
            assert fine

    def test_is_taken_exactly_as_typed(self, ada, client):
        ada.set_password("  Case and Space  matters ")
        ada.save()

        for typed in ("Case and Space  matters", "  case and space  matters "):
            client.post("/admin/login/", {"username": ada.username, "password": typed})
            assert client.get("/admin/").status_code == 302

    def test_is_hidden_and_may_be_pasted(self, client):
        page = client.get("/admin/login/").content.decode()

        assert 'type="password"' in page
        assert "onpaste" not in page
        assert 'autocomplete="off"' not in page

    def test_change_asks_for_the_present_one(self, client, ada):
        client.force_login(ada)

        page = client.get("/admin/password_change/").content.decode()
        wrong = client.post(
            "/admin/password_change/",
            {"old_password": "no", "new_password1": "x" * 20, "new_password2": "x" * 20},
        )

        assert 'name="old_password"' in page
        assert wrong.status_code == 200
        assert User.objects.get(pk=ada.pk).check_password(PASSWORD)


class TestUnknownNames:
    def test_get_the_same_answer_as_wrong_passwords(self, client, ada):
        known = client.post("/admin/login/", {"username": ada.username, "password": "no"})
        unknown = client.post("/admin/login/", {"username": "nobody", "password": "no"})

        said = [
            answer.content.decode().replace(name, "").partition("csrfmiddlewaretoken")[0]
            for answer, name in ((known, ada.username), (unknown, "nobody"))
        ]
        assert said[0] == said[1]
        assert known.status_code == unknown.status_code
