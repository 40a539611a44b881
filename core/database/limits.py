"""How long the application's role may take over a statement, wait for a lock, or keep a transaction open and idle.

They are settings of the role, so that they hold for whatever connects as it. `STATEMENTS` makes them.
"""

from typing import Any

from django.conf import settings
from psycopg import sql

LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
}
_MILLISECONDS = {"ms": 1, "s": 1000, "min": 60_000, "": 1}


def statements(role: str) -> list[sql.Composed]:
    """For a superuser, or the role itself."""
    return [
        sql.SQL("ALTER ROLE {} SET {} = {}").format(
            sql.Identifier(role), sql.Identifier(name), sql.Literal(value)
        )
        for name, value in LIMITS.items()
    ]


def missing(cursor: Any) -> dict[str, str]:
    """Limits that the application's role has not, or has longer; what it has instead ("": none)."""
    cursor.execute(
        "SELECT setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole "
        "WHERE r.rolname = %s AND s.setdatabase IN (0, (SELECT oid FROM pg_database "
        "WHERE datname = current_database())) ORDER BY s.setdatabase",
        [settings.DB_APP_ROLE],
    )
    found: dict[str, str] = {}
    for (config,) in cursor.fetchall():
        found |= dict(entry.split("=", 1) for entry in config)
    return {
        name: found.get(name, "")
        for name, value in LIMITS.items()
        if not 0 < _milliseconds(found.get(name, "0")) <= _milliseconds(value)
    }


def _milliseconds(value: str) -> int:
    number = value.rstrip("abcdefghijklmnopqrstuvwxyz ")
    return int(number or 0) * _MILLISECONDS.get(value[len(number) :].strip(), 0)
