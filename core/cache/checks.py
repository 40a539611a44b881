"""System checks of what can hurt: a cache that clears what is not its own, or shows places that are too old."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from core.cache.families import all_families
from core.cache.http import PLACES_SECONDS_MAX

MS_MAX = 50
LEASE_SECONDS_MAX = 30


@register(Tags.caches)
def prefix(**_kwargs: Any) -> list[CheckMessage]:
    if settings.CACHES["default"].get("KEY_PREFIX"):
        return []
    return [
        Error(
            "CACHES['default'] has no KEY_PREFIX.",
            hint="Clearing deletes by prefix; without one it would take what is not the cache's.",
            id="cache.E001",
        )
    ]


@register(Tags.caches)
def patience(**_kwargs: Any) -> list[CheckMessage]:
    if settings.CACHE_SHARED_MS_MAX <= MS_MAX:
        return []
    return [
        Warning(
            f"A page may wait {settings.CACHE_SHARED_MS_MAX} ms for a Valkey that does not answer.",
            hint=f"Set CACHE_SHARED_MS_MAX to {MS_MAX} or less.",
            id="cache.W001",
        )
    ]


@register(Tags.caches)
def age_of_places(**_kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"Places of the family {family.name} could be {family.oldest_seconds:g} s old.",
            hint=f"Places shown may be {PLACES_SECONDS_MAX} s old. Set CACHE_PLACES_SECONDS lower.",
            id="cache.E002",
        )
        for family in all_families().values()
        if family.shows_places and family.oldest_seconds > PLACES_SECONDS_MAX
    ]
