"""The sandbox of payments' tests, for what is sold here."""

from tests.payments.conftest import now, sandbox, sandbox_process

__all__ = ["now", "sandbox", "sandbox_process"]
