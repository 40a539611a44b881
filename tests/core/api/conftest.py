"""Small views to knock at."""

from tests.core.doors import doors

__all__ = ["doors"]
