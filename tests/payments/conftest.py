"""The shop and the sandbox, each a process of its own, for every test of payments."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from payments.gateways import stripe as gateway
from tests.payments.sandbox.process import Sandbox, start_sandbox


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    from django.conf import settings

    store: Path = tmp_path_factory.mktemp("sandbox")
    sandbox = start_sandbox(
        store,
        secret_key=settings.STRIPE_SECRET_KEY,
        publishable_key=settings.STRIPE_PUBLISHABLE_KEY,
        webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
    )
    yield sandbox
    gateway._api.cache_clear()
    sandbox.stop()


@pytest.fixture
def sandbox(sandbox_process: Sandbox, settings) -> Sandbox:
    sandbox_process.reset()
    settings.STRIPE_API_BASE = sandbox_process.base_url
    return sandbox_process


@pytest.fixture
def now() -> datetime:
    """The sandbox lives in real time, so these tests begin in the present."""
    return datetime.now(UTC)
