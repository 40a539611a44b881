"""System checks of the database's settings; `manage.py migrate` and `check --database default` run them."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from core.database import capacity, limits

SPARE_CONNECTIONS = 2  # the breakers' thread, and the one that asks how things are


@register()
def threads(**_kwargs: Any) -> list[CheckMessage]:
    """A process that has more threads than connections makes them wait for each other."""
    needed = settings.WEB_THREADS + SPARE_CONNECTIONS
    if capacity.pool_max() >= needed:
        return []
    return [
        Warning(
            f"A web process has {settings.WEB_THREADS} threads, and at most {capacity.pool_max()} connections.",
            hint=f"Set DB_POOL_MAX to {needed}, or WEB_THREADS to {capacity.pool_max() - SPARE_CONNECTIONS}.",
            id="database.W001",
        )
    ]


@register(Tags.database)
def room_for_all_pools(
    databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    if not databases or "default" not in databases:
        return []
    with connections["default"].cursor() as cursor:
        room = capacity.available(cursor)
    if capacity.wanted() <= room:
        return []
    return [
        Error(
            f"{settings.DB_PROCESSES} processes with {capacity.pool_max()} connections each and a reserve of "
            f"{settings.DB_RESERVE} are {capacity.wanted()}, but the server gives {room}.",
            hint="Lower DB_POOL_MAX, or raise max_connections of the server.",
            id="database.E001",
        )
    ]


@register(Tags.database)
def limits_in_force(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    if not databases or "default" not in databases:
        return []
    if settings.DB_APP_ROLE == settings.DB_OWNER_ROLE:
        return []
    with connections["default"].cursor() as cursor:
        lacking = limits.missing(cursor)
        orders = [
            each.as_string(cursor.connection) for each in limits.statements(settings.DB_APP_ROLE)
        ]
    if not lacking:
        return []
    return [
        Error(
            f"The role {settings.DB_APP_ROLE} may take for ever: {', '.join(lacking)} is not set on it, or too long.",
            hint="As that role or a superuser: " + "; ".join(orders),
            id="database.E002",
        )
    ]
