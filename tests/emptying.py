"""How tables are emptied after a test that commits: only those that hold rows, and patiently.

Django empties every table and then makes all permissions again, which takes longer than most tests. What is
the same before and after each test stays: content types, permissions, and the groups of the roles.
The running site may be in the middle of its work: where the two wait for one another, we try again.
"""

from typing import Any

from django.db import connection
from django.db.utils import OperationalError
from psycopg.errors import DeadlockDetected

from core.backoffice import roles

KEPT = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}
TRIES = 5


def empty_what_was_touched(*_test_case: Any) -> None:
    """Takes the place of `TransactionTestCase._fixture_teardown`."""
    for tries_left in reversed(range(TRIES)):
        try:
            return _empty()
        except OperationalError as error:
            if not (tries_left and isinstance(error.__cause__, DeadlockDetected)):
                raise
    return None


def _empty() -> None:
    quote = connection.ops.quote_name
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    asked = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {quote(table)})"
        for table in sorted(set(tables) - KEPT)
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        touched = [quote(table) for (table,) in cursor.fetchall()]
        if touched:
            cursor.execute(f"TRUNCATE {', '.join(touched)} CASCADE")
        cursor.execute("DELETE FROM auth_group WHERE name <> ALL(%s)", [roles.names()])
