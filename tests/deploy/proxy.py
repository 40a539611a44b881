"""The proxy of deploy/ before the real web processes, and customers who never stop asking."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.embedded import children
from core.embedded.folders import REPOSITORY
from core.embedded.ports import free_port
from tests.requirements import need
from tests.waiting import eventually

CONFIGURATION = REPOSITORY / "deploy" / "proxy" / "haproxy.cfg"
HOST = "127.0.0.1"


@dataclass
class Site:
    """HAProxy and both colours' addresses; `run` is the operator at the command line."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    proxy: subprocess.Popen | None = None

    def __post_init__(self) -> None:
        self.environment |= {
            "PROXY_BIND": f"{HOST}:{self.port}",
            "PROXY_SOCKET": str(self.folder / "proxy.sock"),
            "PROXY_STATE": str(self.folder / "proxy.state"),
            "PROXY_SCHEME": "http",
            "SITE_HOST": HOST,
            "BLUE_ADDRESS": f"{HOST}:{free_port()}",
            "GREEN_ADDRESS": f"{HOST}:{free_port()}",
            "DEPLOY_DIR": str(self.folder / "colours"),
            "TRUSTED_PROXY_COUNT": "1",
        }

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start_proxy(self) -> None:
        with (self.folder / "proxy.log").open("ab") as log:
            self.proxy = subprocess.Popen(
                [need("haproxy"), "-db", "-f", CONFIGURATION],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=children.child_setup(end_signal=signal.SIGTERM, as_root=True),
            )
        eventually((self.folder / "proxy.sock").exists)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deploy.switch", *arguments],
            cwd=REPOSITORY,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def stop(self) -> None:
        for colour in ("blue", "green"):
            pid_file = self.folder / "colours" / colour / "pid"
            if pid_file.exists():
                subprocess.run(["kill", "-KILL", "--", f"-{pid_file.read_text().strip()}"])
        if self.proxy is not None:
            children.stop(self.proxy, stop_signal=signal.SIGTERM, seconds=5)


@dataclass
class Customers:
    """An open model: so many a second, whatever the answers take. Everything that is not an answer is a failure."""

    asks: list[Callable[[], int]]
    per_second: float
    answers: list[int] = field(default_factory=list)
    failures: list[Any] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Customers":
        self._clock = threading.Thread(target=self._come)
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._clock.join()

    def _come(self) -> None:
        began, number = time.monotonic(), 0
        with ThreadPoolExecutor(64) as crowd:
            while not self._over.wait(
                max(0.0, began + number / self.per_second - time.monotonic())
            ):
                crowd.submit(self._ask, self.asks[number % len(self.asks)])
                number += 1

    def _ask(self, ask: Callable[[], int]) -> None:
        try:
            status = ask()
        except urllib.error.HTTPError as error:
            status = error.code
        except Exception as error:
            self.failures.append(repr(error))
            return
        (self.answers if status < 400 else self.failures).append(status)


def get(url: str) -> Callable[[], int]:
    return lambda: _status(urllib.request.Request(url))


def post(url: str, body: Callable[[], bytes]) -> Callable[[], int]:
    headers = {"Content-Type": "application/json"}
    return lambda: _status(urllib.request.Request(url, body(), headers))


def _status(request: urllib.request.Request) -> int:
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()
        return answer.status
