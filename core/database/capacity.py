"""Whether the server has room for all pools together, with something left for people and tools."""

from typing import Any

from django.conf import settings


def pool_max() -> int:
    pool = settings.DATABASES["default"]["OPTIONS"].get("pool") or {}
    return int(pool.get("max_size", 0))


def wanted() -> int:
    """Connections that all processes may open, and the reserve."""
    return settings.DB_PROCESSES * pool_max() + settings.DB_RESERVE


def available(cursor: Any) -> int:
    """What the server gives to roles that are no superusers."""
    cursor.execute(
        "SELECT current_setting('max_connections')::int"
        " - current_setting('superuser_reserved_connections')::int"
    )
    found: int = cursor.fetchone()[0]
    return found
