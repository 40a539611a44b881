import pytest
from django.conf import settings
from django.db import connection


@pytest.mark.django_db
class TestRoles:
    def test_tests_run_as_the_owner_on_postgresql_18(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, current_setting('server_version_num')::int / 10000"
            )
            assert cursor.fetchone() == (settings.DB_OWNER_ROLE, 18)

    def test_the_owner_may_take_the_applications_part(self):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {settings.DB_APP_ROLE}")
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (settings.DB_APP_ROLE,)
