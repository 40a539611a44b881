"""The frame: who gets in, what the policy header says, what each role sees, what the search finds."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from core.backoffice import navigation
from tests.core.backoffice import staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def login(client):
    def as_role(role):
        client.force_login(staff.of_role(role))
        return client

    return as_role


def links(html: str) -> list[str]:
    sidebar = html.partition('id="nav-sidebar-apps"')[2].partition('id="main"')[0]
    return re.findall(r"<span>([^<]+)</span>", sidebar)


class TestEntry:
    def test_asks_a_stranger_to_sign_in(self, client):
        answer = client.get("/admin/")

        assert answer.status_code == 302
        assert answer.url.startswith("/admin/login/")

    def test_leads_to_today_after_signing_in(self, client):
        User.objects.create_user("ann", password="open sesame", is_staff=True)

        answer = client.post("/admin/login/", {"username": "ann", "password": "open sesame"})

        assert (answer.status_code, answer.url) == (302, "/admin/")

    @pytest.mark.parametrize("path", ["/admin/login/", "/admin/"])
    def test_sends_a_policy_without_eval_or_foreign_scripts(self, login, path):
        policy = login("owner").get(path, follow=True).headers["Content-Security-Policy"]

        directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))
        assert directives["script-src"] == "'self'"
        assert directives["style-src"] == "'self' 'unsafe-inline'"
        assert directives["default-src"] == "'none'"

    def test_never_loosens_the_policy_of_the_shop(self, client):
        policy = client.get("/").headers["Content-Security-Policy"]

        assert "unsafe" not in policy


class TestToday:
    def test_opens_for_each_role(self, login):
        for role in ("office", "approver", "ops", "owner"):
            assert login(role).get("/admin/").status_code == 200

    def test_says_that_this_is_a_test_site(self, login):
        assert "Test" in login("office").get("/admin/").content.decode()

    def test_has_no_label_in_production(self, login, settings):
        settings.ENVIRONMENT_NAME = "production"

        assert ">Test<" not in login("office").get("/admin/").content.decode()


class TestSidebar:
    def test_shows_the_owner_everything_that_exists(self, login):
        from config.admin import SIDEBAR

        shown = links(login("owner").get("/admin/").content.decode())

        assert shown == ["Today", *(link.title for part in SIDEBAR for link in part.links)]

    def test_hides_the_machinery_from_the_office(self, login):
        shown = links(login("office").get("/admin/").content.decode())

        assert "Bookings" in shown
        assert "Jobs and webhooks" not in shown

    def test_hides_risk_from_operations(self, login):
        shown = links(login("ops").get("/admin/").content.decode())

        assert "Jobs and webhooks" in shown
        assert "Review queue" not in shown

    def test_every_link_opens(self, login):
        from config.admin import SIDEBAR, TABS

        models = [link.model for section in SIDEBAR for link in section.links]
        models += [model for lists in TABS for _, model in lists]
        client = login("owner")

        for model in models:
            assert client.get(navigation.list_url(model)).status_code == 200, model


class TestSearch:
    def test_finds_lists_by_name(self, login):
        answer = login("owner").get(reverse("admin:search"), {"s": "message", "extended": 1})

        assert "Message" in answer.content.decode()

    @pytest.mark.parametrize("term", ["", " ", "x" * 5000, "%", "'", "\x00", "RFT-7KQ9TC"])
    def test_bears_any_term(self, login, term):
        answer = login("owner").get(reverse("admin:search"), {"s": term, "extended": 1})

        assert answer.status_code == 200

    def test_refuses_a_stranger(self, client):
        assert client.get(reverse("admin:search"), {"s": "a"}).status_code == 302
