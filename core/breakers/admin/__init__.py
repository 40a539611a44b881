"""The console of the circuit breakers, and its band on every staff page."""

from core.breakers.admin import console  # noqa: F401
