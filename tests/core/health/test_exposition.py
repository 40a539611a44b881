"""All processes' numbers together, and those of the dead where they belong."""

import os
import subprocess
import sys
import textwrap

import pytest

from core.health import exposition

COUNTING = """
    import os, signal
    from prometheus_client import Counter, Gauge
    Counter("tests_bells", "Rung").inc(2)
    Gauge("tests_living", "Living", multiprocess_mode="livesum").set(1)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(exposition.VARIABLE, str(tmp_path))
    return tmp_path


def run(code: str) -> None:
    """In a process of its own, which ends without a word: nobody tells that it died."""
    program = textwrap.dedent(COUNTING + code)
    subprocess.run([sys.executable, "-c", program], env=dict(os.environ), check=False)


def lines() -> list[str]:
    # Only what was counted: what is read needs no second process to be right.
    from prometheus_client import generate_latest

    return generate_latest(exposition.counted_registry()).decode().splitlines()


class TestCounted:
    def test_adds_up_and_forgets_only_the_gauges_of_the_dead(self, folder):
        run("    os.kill(os.getpid(), signal.SIGKILL)\n")
        run("    os.kill(os.getpid(), signal.SIGKILL)\n")

        assert "tests_bells_total 4.0" in lines()
        assert "tests_living 2.0" not in lines()
        assert not list(folder.glob("gauge_live*"))

    def test_is_this_process_alone_without_a_folder(self, monkeypatch):
        monkeypatch.delenv(exposition.VARIABLE, raising=False)

        assert exposition.pids() == [os.getpid()]


class TestEmptyIfAbandoned:
    def test_empties_a_folder_of_the_dead(self, folder):
        run("")

        assert exposition.empty_if_abandoned()
        assert list(folder.iterdir()) == []

    def test_leaves_a_folder_in_which_somebody_lives(self, folder):
        run("")
        (folder / f"counter_{os.getpid()}.db").touch()

        assert not exposition.empty_if_abandoned()
        assert len(list(folder.glob("counter_*.db"))) == 2

    def test_makes_a_folder_that_is_not_there(self, tmp_path):
        assert exposition.empty_if_abandoned(str(tmp_path / "new"))
        assert (tmp_path / "new").is_dir()

    def test_does_nothing_without_one(self, monkeypatch):
        monkeypatch.delenv(exposition.VARIABLE, raising=False)

        assert not exposition.empty_if_abandoned()
