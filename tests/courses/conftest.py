"""A clock that the test moves, or that stands still."""

from tests.core.cache.conftest import moved, stopped

__all__ = ["moved", "stopped"]
