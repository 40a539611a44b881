"""The whole site as processes, on the test database: sandbox, web, worker, beat. For journeys, races and chaos.

The processes connect as the application's role, so a right that is missing shows.
"""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from config import processes
from core.embedded import children
from core.embedded.ports import free_port
from tests.payments.sandbox.process import Sandbox, start_sandbox

# All customers and staff of the tests come from one address.
UNLIMITED_TRIES = {
    "RATE_LIMIT_CARD_ATTEMPTS": "1000000/m",
    "RATE_LIMIT_CARD_ATTEMPTS_USER": "1000000/m",
    "RATE_LIMIT_CARD_ATTEMPTS_GLOBAL": "1000000/m",
    "RATE_LIMIT_SIGN_IN": "1000000/m",
    "RATE_LIMIT_SIGN_IN_USER": "1000000/m",
    "RATE_LIMIT_POSTS": "1000000/m",
    "RATE_LIMIT_POSTS_USER": "1000000/m",
    "RATE_LIMIT_PAGES": "1000000/m",
    "RATE_LIMIT_PAGES_USER": "1000000/m",
}
READY_SECONDS_MAX = 180
STOP_SECONDS_MAX = 10


@dataclass
class Stack:
    """`start()` starts everything and waits until the site answers; `stop()` ends it. Single parts can be killed."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="rft-stack-")))
    extra_environment: dict[str, str] = field(default_factory=dict)
    delay_ms: int = 0
    running: dict[str, subprocess.Popen] = field(default_factory=dict)
    sandbox: Sandbox = field(init=False)
    port: int = field(default_factory=free_port)
    servers: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, only: tuple[str, ...] = ("web", "worker", "beat")) -> "Stack":
        self.sandbox = start_sandbox(
            self.folder / "sandbox",
            webhook_url=f"{self.url}/webhooks/stripe/",
            webhook_secret=os.environ["STRIPE_WEBHOOK_SECRET"],
            secret_key=os.environ["STRIPE_SECRET_KEY"],
            publishable_key=os.environ["STRIPE_PUBLISHABLE_KEY"],
            delay_ms=self.delay_ms,
        )
        for name in only:
            self.launch(name)
        if "web" in only:
            self.wait_until_ready()
        return self

    def launch(self, name: str, *, known_as: str = "", **environment: str) -> subprocess.Popen:
        """Start one part ("web", "worker", "beat"), with more environment if wanted (an armed crash point).

        `known_as` is the name of a second one beside the first.
        """
        command = {
            "web": lambda: processes.web(self.port),
            "worker": processes.worker,
            "beat": lambda: processes.beat(self.folder),
        }[name]()
        with self.log(name).open("ab") as output:
            process = subprocess.Popen(
                command,
                env={**os.environ, **self.environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=children.child_setup(end_signal=signal.SIGKILL, as_root=True),
            )
        self.running[known_as or name] = process
        return process

    def environment(self) -> dict[str, str]:
        from django.conf import settings

        return {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DB_NAME": settings.DATABASES["default"]["NAME"],
            "DB_ROLE": "application",
            "DB_POOL_MAX": "10",
            "VAR_DIR": str(self.folder),
            "SITE_URL": self.url,
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "STRIPE_API_BASE": self.sandbox.base_url,
            "STRIPE_JS_URL": f"{self.sandbox.base_url}/js/stripe.js",
            "PYTHONUNBUFFERED": "1",
            **UNLIMITED_TRIES,
            **self.extra_environment,
        }

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.running["web"].poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/livez", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.1)
        raise RuntimeError("the site did not start:\n" + self.log("web").read_text()[-4000:])

    def kill(self, name: str) -> None:
        """SIGKILL a part and all its children, as a power cut would."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        for name in list(self.running):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.running[name].wait(timeout=STOP_SECONDS_MAX)
            self.kill(name)
        self.sandbox.stop()
