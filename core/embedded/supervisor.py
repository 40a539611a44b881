"""Runs a set of processes: shows each one's lines, restarts what dies, stops all of them within ten seconds."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.embedded import children

STOP_SECONDS_MAX = 8
RESTART_SECONDS = (0.5, 1, 2, 5, 10)
HEALTHY_AFTER_SECONDS = 30
LOOK_SECONDS = 0.2
READY_SECONDS_MAX = 60


@dataclass(frozen=True)
class Process:
    """One program to keep running, with what it needs beside the common environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """`run` returns when it was asked to stop (Ctrl-C, SIGTERM) and everything has stopped."""

    def __init__(
        self, processes: Sequence[Process], *, ready_url: str, on_ready: Callable[[], None]
    ):
        self.kept = [
            _Kept(process, width=max(len(each.name) for each in processes)) for process in processes
        ]
        self.ready_url = ready_url
        self.on_ready = on_ready
        self.stopping = threading.Event()

    def run(self) -> None:
        # Explicit handlers: a program started with `&` inherits SIGINT ignored.
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: self.stopping.set())
        for kept in self.kept:
            kept.start()
        threading.Thread(target=self._announce, daemon=True).start()
        while not self.stopping.wait(LOOK_SECONDS):
            for kept in self.kept:
                kept.restart_if_dead()
        self._stop()

    def _announce(self) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not self.stopping.wait(LOOK_SECONDS):
            if _answers(self.ready_url):
                self.on_ready()
                return
            if time.monotonic() > deadline:
                say(
                    f"The site did not answer at {self.ready_url} within {READY_SECONDS_MAX} s; see the lines above."
                )
                return

    def _stop(self) -> None:
        say("Stopping…")
        for kept in self.kept:
            kept.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS_MAX
        for kept in self.kept:
            kept.end(deadline)


class _Kept:
    def __init__(self, process: Process, *, width: int):
        self.process = process
        self.label = process.name.ljust(width)
        self.deaths = 0
        self.started_at = 0.0
        self.start_again_at: float | None = None
        self.running: subprocess.Popen | None = None

    def start(self) -> None:
        self.start_again_at = None
        self.started_at = time.monotonic()
        self.running = subprocess.Popen(
            list(self.process.command),
            env={**os.environ, **self.process.environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            preexec_fn=children.child_setup(end_signal=signal.SIGTERM, as_root=True),
        )
        threading.Thread(target=self._show, args=(self.running,), daemon=True).start()

    def restart_if_dead(self) -> None:
        if self.running is None or self.running.poll() is None:
            return
        if self.start_again_at is None:
            self._plan_restart(self.running.returncode)
        elif time.monotonic() >= self.start_again_at:
            self.start()

    def _plan_restart(self, code: int) -> None:
        if time.monotonic() - self.started_at > HEALTHY_AFTER_SECONDS:
            self.deaths = 0
        pause = RESTART_SECONDS[min(self.deaths, len(RESTART_SECONDS) - 1)]
        self.deaths += 1
        self.start_again_at = time.monotonic() + pause
        say(f"{self.process.name} ended with status {code}; starting it again in {pause} s")

    def _show(self, running: subprocess.Popen) -> None:
        for line in running.stdout or ():
            say(f"{self.label} │ {line.rstrip()}")

    def ask_to_stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()

    def end(self, deadline: float) -> None:
        if self.running is None:
            return
        try:
            self.running.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"{self.process.name} did not stop in time and was killed")
        # Whatever is left of its group (a worker's children) goes with it.
        try:
            os.killpg(self.running.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def say(line: str) -> None:
    """One line to the terminal; a closed terminal must not stop the site."""
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        return


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 our own address
            return answer.status == 200
    except OSError:
        return False
