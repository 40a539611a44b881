"""The console "Performance": what is slow, how slow, and what to do about it."""

from core.performance.admin import console

__all__ = ["console"]
