"""A pytest plugin: real PostgreSQL and Valkey for the run, in a folder of its own, gone afterwards.

Loaded by `-p tests.services`, before Django reads its settings. With DB_HOST and REDIS_URL in the environment
those servers are used instead. Under xdist the controller starts them once; each worker has its own databases.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from core.embedded import environment, postgres, valkey

VALKEY_DATABASES_EACH = 3


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    if "PYTEST_XDIST_WORKER" in os.environ:
        _take_own_valkey_databases(int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")))
        return
    early_config.add_cleanup(_start())


def _start() -> Callable[[], None]:
    state = Path(tempfile.mkdtemp(prefix="rft-test-"))
    secrets = environment.secrets_of(state)
    secrets["VAR_DIR"] = str(state)
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


def _take_own_valkey_databases(worker: int) -> None:
    for place, name in enumerate(("REDIS_URL", "CELERY_BROKER_URL", "RATELIMIT_REDIS_URL")):
        server = os.environ[name].rsplit("/", 1)[0]
        os.environ[name] = f"{server}/{(worker + 1) * VALKEY_DATABASES_EACH + place}"
