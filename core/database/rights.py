"""Two database roles: the owner changes the schema, the application only has the rights that it needs.

`grant_by_default` gives the application's role everyday rights on each table that migrations make;
`revoke` takes some back where rows must never change (ledger, invoices, audit).
"""

from typing import Any

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from psycopg import sql


def grant_by_default(*, using: str, **_signal) -> None:
    """Before any migration runs: tables made from now on are usable by the application's role."""
    from django.db import connections

    if settings.DB_APP_ROLE == settings.DB_OWNER_ROLE:
        return
    role = sql.Identifier(settings.DB_APP_ROLE)
    with connections[using].cursor() as cursor:
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}",
        ):
            cursor.execute(sql.SQL(statement).format(role))


def revoke(table: str, *rights: str) -> migrations.RunPython:
    """A migration operation: the application's role loses `rights` (such as "UPDATE") on `table`."""

    def take(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        _change(schema_editor, "REVOKE {rights} ON {table} FROM {role}", table, rights)

    def give_back(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        _change(schema_editor, "GRANT {rights} ON {table} TO {role}", table, rights)

    return migrations.RunPython(take, give_back)


def _change(
    editor: BaseDatabaseSchemaEditor, statement: str, table: str, rights: tuple[str, ...]
) -> None:
    if settings.DB_APP_ROLE == settings.DB_OWNER_ROLE:
        return
    editor.execute(
        sql.SQL(statement)
        .format(
            rights=sql.SQL(", ".join(rights)),
            table=sql.Identifier(table),
            role=sql.Identifier(settings.DB_APP_ROLE),
        )
        .as_string(editor.connection.connection)
    )
