"""What `make run` starts, and in which order. `python -m config.processes` does it.

PostgreSQL, Valkey and the Stripe sandbox come only where no setting names a real one.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.embedded import environment, postgres, valkey
from core.embedded.folders import REPOSITORY, FolderInUse, lock, private, var_folder
from core.embedded.ports import is_free
from core.embedded.supervisor import Process, Supervisor, say

PYTHON = sys.executable
# Two commands in one process: to import the whole site costs more than either.
SAMPLES = """
import django
from django.core.management import call_command
django.setup()
call_command("load_sample_catalogue")
call_command("ensure_demo_staff")
"""


def web(port: int) -> list[str]:
    workers, threads = os.environ.get("WEB_PROCESSES", "2"), os.environ.get("WEB_THREADS", "8")
    return [
        *(PYTHON, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", workers, "--threads", threads),
        "--no-control-socket",
        *("--config", "python:config.gunicorn", "--log-level", "warning"),
    ]


def worker() -> list[str]:
    concurrency = os.environ.get("WORKER_PROCESSES", "2")
    return [
        *(PYTHON, "-m", "celery", "--app", "config.celery", "--quiet", "worker"),
        *("--concurrency", concurrency, "--loglevel", "WARNING", "--without-mingle"),
    ]


def beat(state: Path) -> list[str]:
    return [
        *(PYTHON, "-m", "celery", "--app", "config.celery", "--quiet", "beat"),
        *("--loglevel", "WARNING", "--schedule", str(state / "beat-schedule"), "--pidfile="),
    ]


def sandbox(port: int, store: Path) -> list[str]:
    return [PYTHON, "-m", "payments.sandbox", "--port", str(port), "--store", str(store)]


def main() -> int:
    os.chdir(REPOSITORY)
    state = private(var_folder(os.environ.get("VAR_DIR")))
    try:
        with lock(state), ExitStack() as servers:
            return _run(state, servers)
    except (FolderInUse, postgres.PostgresFailed, valkey.ValkeyFailed, StartFailed) as problem:
        say(str(problem))
        return 1


class StartFailed(RuntimeError):
    """The site cannot start; the message says what to do."""


def _run(state: Path, servers: ExitStack) -> int:
    port = int(os.environ.setdefault("PORT", "8000"))
    sandbox_port = int(os.environ.get("SANDBOX_PORT", port + 1))
    named = set(os.environ) | set(environment.read(REPOSITORY / ".env"))
    with_sandbox = "STRIPE_SECRET_KEY" not in named
    for needed in [port, sandbox_port] if with_sandbox else [port]:
        _refuse_taken(needed)
    secrets = environment.secrets_of(state)
    values = {**secrets, **_site(state, port), "PORT": str(port), "VAR_DIR": str(state)}
    if with_sandbox:
        values |= _stripe_sandbox(secrets, port, sandbox_port)
    if "DB_HOST" not in named:
        with _step("PostgreSQL"):
            database = postgres.start(state, secrets=secrets)
        servers.callback(database.stop)
        values |= database.environment()
    if "REDIS_URL" not in named:
        with _step("Valkey"):
            store = valkey.start(state, password=secrets["VALKEY_PASSWORD"])
        servers.callback(store.stop)
        values |= store.environment()
    # What the terminal and `.env` name wins over what is made here.
    values = {name: value for name, value in values.items() if name not in named or name == "PORT"}
    environment.write(state / "environment", values)
    os.environ.update(values)
    _prepare_database()
    _supervise(state, port, sandbox_port if with_sandbox else None)
    return 0


def _site(state: Path, port: int) -> dict[str, str]:
    metrics = private(state / "metrics")
    for stale in metrics.glob("*.db"):
        stale.unlink()
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
    }


def _stripe_sandbox(secrets: dict[str, str], port: int, sandbox_port: int) -> dict[str, str]:
    base = f"http://127.0.0.1:{sandbox_port}"
    return {
        "STRIPE_SECRET_KEY": secrets["SANDBOX_SECRET_KEY"],
        "STRIPE_PUBLISHABLE_KEY": secrets["SANDBOX_PUBLISHABLE_KEY"],
        "STRIPE_WEBHOOK_SECRET": secrets["SANDBOX_WEBHOOK_SECRET"],
        "STRIPE_API_BASE": base,
        "STRIPE_JS_URL": f"{base}/js/stripe.js",
        "SANDBOX_WEBHOOK_URL": f"http://127.0.0.1:{port}/webhooks/stripe/",
    }


def _prepare_database() -> None:
    with _step("Database schema"):
        _manage("migrate", "--verbosity", "0")
    with _step("Sample catalogue and demo staff"):
        _in_a_process(*(PYTHON, "-c", SAMPLES))


def _manage(*arguments: str) -> None:
    _in_a_process(PYTHON, "manage.py", *arguments)


def _in_a_process(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        words = done.stdout + done.stderr
        raise StartFailed(f"{' '.join(command[1:])} failed:\n{words}".strip())


def _supervise(state: Path, port: int, sandbox_port: int | None) -> None:
    processes = [
        Process("web", web(port)),
        Process("worker", worker()),
        Process("beat", beat(state)),
    ]
    if sandbox_port is not None:
        processes.insert(0, Process("sandbox", sandbox(sandbox_port, private(state / "sandbox"))))
    site = f"http://127.0.0.1:{port}"
    Supervisor(processes, ready_url=f"{site}/readyz", on_ready=lambda: _welcome(state, site)).run()


def _welcome(state: Path, site: str) -> None:
    password = environment.secrets_of(state)["DEMO_STAFF_PASSWORD"]
    say(
        f"""
  The site is ready.
    Customers    {site}/
    Back office  {site}/admin/   (office, approver, ops or owner · password {password})
    API          {site}/api/v1/docs/
    Messages     {state / "mail"}
    Test card    4242 4242 4242 4242, any future date, any code
  Ctrl-C stops everything; what you did stays in {state}.
"""
    )


def _refuse_taken(port: int) -> None:
    if not is_free(port):
        raise StartFailed(
            f"Port {port} is taken by another program. Stop it, or choose another port: PORT=8080 make run"
        )


@contextmanager
def _step(name: str) -> Iterator[None]:
    say(f"  {name} …")
    began = time.monotonic()
    yield
    say(f"  {name} ready in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
