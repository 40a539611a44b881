"""The console of the cache."""

from core.cache.admin import console  # noqa: F401
