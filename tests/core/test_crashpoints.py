"""Crash points: nothing unless armed, and then once."""

import signal
import subprocess
import sys
import threading
import time

import pytest

from core.crashpoints import Crashed, crash_point, fired


@pytest.fixture
def arm(monkeypatch, tmp_path):
    def arm(points: str):
        monkeypatch.setenv("CRASH_POINTS", points)
        monkeypatch.setenv("CRASH_DIR", str(tmp_path))

    return arm


class TestCrashPoint:
    def test_does_nothing_when_nothing_is_armed(self, monkeypatch, tmp_path):
        monkeypatch.delenv("CRASH_POINTS", raising=False)
        monkeypatch.setenv("CRASH_DIR", str(tmp_path))

        crash_point("CP02")

        assert list(tmp_path.iterdir()) == []

    def test_leaves_other_points_alone(self, arm):
        arm("CP02:raise")

        crash_point("CP03")

        with pytest.raises(Crashed):
            crash_point("CP02")

    def test_fires_once(self, arm, tmp_path):
        arm("CP02:raise, CP03:raise")

        with pytest.raises(Crashed):
            crash_point("CP02")
        crash_point("CP02")

        assert fired("CP02", tmp_path)
        assert not fired("CP03", tmp_path)

    def test_is_not_caught_as_an_everyday_error(self, arm):
        arm("CP02:raise")

        with pytest.raises(Crashed):
            try:
                crash_point("CP02")
            except Exception:
                pytest.fail("swallowed")

    def test_waits_for_a_file(self, arm, tmp_path):
        gate = tmp_path / "gate"
        arm(f"CP02:wait={gate}")
        threading.Timer(0.1, gate.touch).start()
        began = time.monotonic()

        crash_point("CP02")

        assert time.monotonic() - began >= 0.1

    def test_refuses_what_it_does_not_know(self, arm):
        arm("CP02:dance")

        with pytest.raises(ValueError, match="dance"):
            crash_point("CP02")

    def test_kills_the_process(self, arm, tmp_path):
        arm("CP02:kill")
        command = "from core.crashpoints import crash_point; crash_point('CP02'); print('alive')"

        first = subprocess.run([sys.executable, "-c", command], capture_output=True)
        second = subprocess.run([sys.executable, "-c", command], capture_output=True)

        assert (first.returncode, first.stdout) == (-signal.SIGKILL, b"")
        assert (second.returncode, second.stdout) == (0, b"alive\n")
