"""One colour: a group of web processes from one release, its port, its log and its folder for metrics."""

import contextlib
import http.client
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ANSWER_SECONDS_MAX = 5
LOOK_SECONDS = 0.2
# More than a request may take, so that a graceful stop is never cut short.
GRACEFUL_SECONDS = 40


@dataclass(frozen=True)
class Group:
    colour: str
    host: str
    port: int
    folder: Path
    workers: int = 2
    threads: int = 8

    @property
    def pid(self) -> int | None:
        """Of the group's first process, while it lives."""
        try:
            pid = int(self._pid_file.read_text())
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        return pid if self._is_ours(pid) else None

    @property
    def release(self) -> str:
        """The folder it was last started from."""
        return self._release_file.read_text() if self._release_file.exists() else ""

    def start(self, release: Path) -> subprocess.Popen:
        metrics = self.folder / "metrics"
        metrics.mkdir(parents=True, exist_ok=True)
        for stale in metrics.glob("*.db"):
            stale.unlink()
        with (self.folder / "log").open("ab") as log:
            started = subprocess.Popen(
                self._command(release),
                cwd=release,
                env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(metrics), "COLOUR": self.colour},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._release_file.write_text(str(release))
        return started

    def stop(self) -> None:
        """Requests under way end first; whatever is left after that is killed."""
        pid = self.pid
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        ends = time.monotonic() + GRACEFUL_SECONDS + 5
        while self.pid is not None and time.monotonic() < ends:
            _reap(pid)
            time.sleep(LOOK_SECONDS)
        if self.pid is not None:
            os.killpg(pid, signal.SIGKILL)
        self._pid_file.unlink(missing_ok=True)

    def answers(self, path: str, host: str) -> int:
        """The status that the group itself gives, past the proxy; 0 where there is none."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=ANSWER_SECONDS_MAX)
        try:
            connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def last_words(self) -> str:
        log = self.folder / "log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""

    def _command(self, release: Path) -> list[str]:
        return [
            *(str(release / ".venv" / "bin" / "python"), "-m", "gunicorn"),
            *("config.wsgi:application", "--config", "python:config.gunicorn"),
            *("--bind", f"{self.host}:{self.port}", "--pid", str(self._pid_file)),
            *("--worker-class", "gthread", "--workers", str(self.workers)),
            *("--threads", str(self.threads), "--graceful-timeout", str(GRACEFUL_SECONDS)),
            *("--no-control-socket", "--log-level", "warning"),
        ]

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    @property
    def _release_file(self) -> Path:
        return self.folder / "release"

    def _is_ours(self, pid: int) -> bool:
        """A number that another program has got since is not our process."""
        command = Path(f"/proc/{pid}/cmdline")
        if not command.parent.parent.exists() or not Path("/proc/self").exists():
            return True
        try:
            return str(self._pid_file).encode() in command.read_bytes()
        except OSError:
            return False


def _reap(pid: int) -> None:
    """Where this program started it: a dead child would look alive."""
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
