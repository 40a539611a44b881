"""A few addresses behind a real web server, with the product's own settings and middlewares; `Site` runs it.

Django's test client keeps its connection between requests, so how a pool behaves is only seen from outside.
"""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.embedded import children
from core.embedded.ports import free_port
from tests.waiting import eventually

WITHOUT_REFUSALS = "TEST_WITHOUT_REFUSALS"


@dataclass
class Answer:
    status: int
    text: str
    seconds: float
    retry_after: str
    at: float


@dataclass
class Site:
    """One web process with these many threads; `environment` is added to the test run's."""

    folder: Path
    threads: int
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    def __enter__(self) -> "Site":
        command = [
            *(sys.executable, "-m", "gunicorn", f"{__name__}:application"),
            *("--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--workers", "1"),
            *("--threads", str(self.threads), "--no-control-socket", "--log-level", "warning"),
        ]
        with (self.folder / "web.log").open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **self._environment()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=children.child_setup(end_signal=signal.SIGKILL, as_root=True),
            )
        try:
            assert eventually(self._answers, seconds=120) == "yes", self.log()[-4000:]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_ending: object) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def get(self, path: str) -> Answer:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        now = time.monotonic()
        after = answer.getheader("Retry-After") or ""
        return Answer(answer.status, text, now - began, after, now)

    def metric(self, name: str) -> float:
        lines = self.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    def log(self) -> str:
        return (self.folder / "web.log").read_text()

    def _answers(self) -> str:
        """ "": not yet."""
        assert self.process is not None
        if self.process.poll() is not None:
            return "it has ended"
        try:
            return "yes" if self.get("/livez").status == 200 else ""
        except OSError:
            return ""

    def _environment(self) -> dict[str, str]:
        numbers = self.folder / "metrics"
        numbers.mkdir(exist_ok=True)
        return {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DB_ROLE": "application",
            "VAR_DIR": str(self.folder),
            "ALLOWED_HOSTS": "127.0.0.1",
            "RATE_LIMIT_PAGES": "1000000/m",
            "PROMETHEUS_MULTIPROC_DIR": str(numbers),
            "PYTHONUNBUFFERED": "1",
            **self.environment,
        }


def _web() -> Callable:
    """The door for gunicorn: our addresses in place of the product's."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    settings.ROOT_URLCONF = "tests.core.database.small_site_addresses"
    found = get_wsgi_application()
    if os.environ.get(WITHOUT_REFUSALS):
        from core.database import failures

        failures.as_refusal = lambda _error: None
    return found


def __getattr__(name: str) -> Callable:
    if name == "application":
        return _web()
    raise AttributeError(name)
