import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from core.embedded.folders import REPOSITORY

SUPERVISE = """
import sys
from core.embedded.supervisor import Process, Supervisor
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('stubborn here', flush=True); time.sleep(600)"
mortal = "import os, time; print('mortal', os.getpid(), flush=True); time.sleep(600)"
Supervisor(
    [Process("mortal", [sys.executable, "-c", mortal]), Process("stubborn", [sys.executable, "-c", stubborn])],
    ready_url="http://127.0.0.1:9/", on_ready=lambda: None,
).run()
print("all stopped", flush=True)
"""


def supervise() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISE],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


def read_until(process: subprocess.Popen, pattern: str) -> re.Match:
    for line in process.stdout:
        found = re.search(pattern, line)
        if found:
            return found
    raise AssertionError(f"the supervisor ended without a line like {pattern!r}")


class TestSupervisor:
    def test_shows_lines_restarts_what_dies_and_stops_even_the_stubborn_within_ten_seconds(self):
        supervisor = supervise()
        first = int(read_until(supervisor, r"mortal +│ mortal (\d+)")[1])

        os.kill(first, signal.SIGKILL)
        second = int(read_until(supervisor, r"mortal +│ mortal (\d+)")[1])
        began = time.monotonic()
        supervisor.send_signal(signal.SIGINT)
        read_until(supervisor, "stubborn did not stop in time and was killed")
        read_until(supervisor, "all stopped")
        supervisor.wait()
        supervisor.stdout.close()

        assert second != first
        assert time.monotonic() - began < 10
        assert not Path(f"/proc/{second}").exists()


class TestTakenPort:
    def test_says_what_to_do(self, tmp_path):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            environment = {
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("DB_", "REDIS", "STRIPE", "CELERY", "RATELIMIT"))
            }
            start = subprocess.run(
                [sys.executable, "-m", "config.processes"],
                cwd=REPOSITORY,
                env={**environment, "PORT": port, "VAR_DIR": str(tmp_path)},
                capture_output=True,
                text=True,
            )

        assert start.returncode == 1
        assert f"Port {port} is taken by another program" in start.stdout
        assert "PORT=8080 make run" in start.stdout
