"""Named places where a process can be made to die, for the tests that prove that nothing is lost.

Compiled in and inert: without CRASH_POINTS in the environment a point costs one look-up. CRASH_POINTS lists
`CP02:kill` (SIGKILL), `CP02:raise`, or `CP02:wait=/path` (until that file appears), separated by commas; each fires
once in all processes that share the folder CRASH_DIR. `tests/chaos/scenarios.py` lists the points.
"""

import os
import signal
import time
from pathlib import Path

WAIT_SECONDS_MAX = 60
POLL_SECONDS = 0.02


class Crashed(BaseException):
    """Raised by a point armed with `raise`; no `except Exception` can take it for an everyday error."""


def crash_point(name: str) -> None:
    """Do nothing, or what the environment has armed for `name`, once."""
    armed = os.environ.get("CRASH_POINTS")
    if not armed:
        return
    action = _actions(armed).get(name)
    if action and _first_to_come(name):
        _fire(name, action)


def armed() -> bool:
    return bool(os.environ.get("CRASH_POINTS"))


def fired(name: str, folder: Path) -> bool:
    """Whether the point has gone off in any process that shares `folder`."""
    return (folder / name).exists()


def _actions(text: str) -> dict[str, str]:
    return dict(entry.strip().split(":", 1) for entry in text.split(","))


def _first_to_come(name: str) -> bool:
    marker = Path(os.environ["CRASH_DIR"]) / name
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _fire(name: str, action: str) -> None:
    kind, _, argument = action.partition("=")
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "raise":
        raise Crashed(name)
    elif kind == "wait":
        _wait_for(Path(argument))
    else:
        raise ValueError(f"CRASH_POINTS: {name} can kill, raise or wait=/path, not {action}")


def _wait_for(path: Path) -> None:
    until = time.monotonic() + WAIT_SECONDS_MAX
    while not path.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"nobody made {path}")
        time.sleep(POLL_SECONDS)
