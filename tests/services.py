"""A pytest plugin: real PostgreSQL and Valkey for the run, in a folder of its own, gone afterwards.

Loaded by `-p tests.services`, before Django reads its settings. With DB_HOST and REDIS_URL in the environment
those servers are used instead. Under xdist each worker has its own database on the controller's PostgreSQL, and
a Valkey of its own: some tests make theirs stand still, and nobody else's may.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from core.embedded import environment, postgres, valkey

VALKEY_ADDRESSES = ("REDIS_URL", "CELERY_BROKER_URL", "RATELIMIT_REDIS_URL")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    if "PYTEST_XDIST_WORKER" in os.environ:
        for name in VALKEY_ADDRESSES:
            del os.environ[name]
    early_config.add_cleanup(start())


def start() -> Callable[[], None]:
    """Names the servers in the environment; what ends them again."""
    state = Path(tempfile.mkdtemp(prefix="rft-test-"))
    secrets = environment.secrets_of(state)
    secrets["VAR_DIR"] = str(state)
    if {"DB_HOST", "REDIS_URL"} & os.environ.keys():  # somebody else's, and so are the passwords
        secrets |= {name: os.environ[name] for name in secrets if name in os.environ}
    servers = []
    if "DB_HOST" not in os.environ:
        settings = postgres.THROW_AWAY | {"max_connections": "300"}
        server = postgres.start(state, secrets=secrets, settings=settings)
        _let_the_owner_allow_truncate(server)
        servers.append(server)
    if "REDIS_URL" not in os.environ:
        servers.append(valkey.start(state, password=secrets["VALKEY_PASSWORD"], durable=False))
    for server in servers:
        os.environ.update(server.environment())
    os.environ.update(secrets | stripe_keys(secrets))

    def stop() -> None:
        for server in reversed(servers):
            server.stop()
        shutil.rmtree(state, ignore_errors=True)

    return stop


def _let_the_owner_allow_truncate(server: postgres.Postgres) -> None:
    """Tables that never change are emptied between tests; only a superuser can hand out that switch."""
    with psycopg.connect(
        host=str(server.sockets),
        user=postgres.SUPERUSER,
        password=server.secrets["DB_SUPERUSER_PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as connection:
        connection.execute(f"GRANT SET ON PARAMETER app.allow_truncate TO {postgres.OWNER}")


def stripe_keys(secrets: dict[str, str]) -> dict[str, str]:
    """The shop's keys are the sandbox's; its address is known when a test starts one."""
    return {
        "STRIPE_SECRET_KEY": secrets["SANDBOX_SECRET_KEY"],
        "STRIPE_PUBLISHABLE_KEY": secrets["SANDBOX_PUBLISHABLE_KEY"],
        "STRIPE_WEBHOOK_SECRET": secrets["SANDBOX_WEBHOOK_SECRET"],
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "STRIPE_JS_URL": "http://127.0.0.1:9/js/stripe.js",
    }
