"""Demo logins, on a laptop only."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


class TestEnsureDemoStaff:
    @pytest.fixture(autouse=True)
    def _password(self, settings):
        settings.DEMO_STAFF_PASSWORD = "open sesame"

    def test_makes_one_login_for_each_role(self, client):
        call_command("ensure_demo_staff")

        assert set(User.objects.values_list("username", flat=True)) == {
            "office", "approver", "ops", "owner",
        }  # fmt: skip
        assert client.login(username="owner", password="open sesame")
        assert not User.objects.filter(is_superuser=True).exists()

    def test_run_again_changes_nothing_but_the_password(self, settings):
        call_command("ensure_demo_staff")
        settings.DEMO_STAFF_PASSWORD = "another"
        call_command("ensure_demo_staff")

        assert User.objects.count() == 4
        assert User.objects.get(username="office").check_password("another")

    def test_refuses_outside_a_laptop(self, settings):
        settings.ENVIRONMENT_NAME = "production"

        with pytest.raises(CommandError):
            call_command("ensure_demo_staff")

        assert not User.objects.exists()

    def test_refuses_without_a_password(self, settings):
        settings.DEMO_STAFF_PASSWORD = ""

        with pytest.raises(CommandError):
            call_command("ensure_demo_staff")

        assert not User.objects.exists()
