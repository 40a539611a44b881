"""Races of money run against the same sandbox as the tests of payments."""

from tests.payments.conftest import now, sandbox, sandbox_process

__all__ = ["now", "sandbox", "sandbox_process"]
