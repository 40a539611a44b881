"""Child processes that end with their parent, and that may not see themselves as root."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534


def start(
    command: Sequence[object], *, log: Path, end_signal: int, as_root: bool = True
) -> subprocess.Popen:
    """Start a server whose output goes to `log`; it gets `end_signal` should this process die."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=child_setup(end_signal=end_signal, as_root=as_root),
        )


def run(command: Sequence[object], *, as_root: bool = True) -> None:
    """Run to the end; raises RuntimeError with the program's own words if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=child_setup(end_signal=signal.SIGTERM, as_root=as_root),
    )
    if done.returncode:
        raise RuntimeError(
            f"{Path(str(command[0])).name} failed: {(done.stderr or done.stdout).strip()}"
        )


def child_setup(*, end_signal: int, as_root: bool) -> Callable[[], None]:
    """What runs in the child before the program: tie its life to ours, step out of root if asked."""
    on_linux = sys.platform.startswith("linux")
    leave_root = os.geteuid() == 0 and not as_root

    def prepare() -> None:
        # A group of its own, so that Ctrl-C in the terminal reaches the supervisor alone.
        os.setpgid(0, 0)
        if not on_linux:
            return
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, int(end_signal))
        if leave_root:
            _enter_user_namespace(libc)

    return prepare


def _enter_user_namespace(libc: ctypes.CDLL) -> None:
    """PostgreSQL refuses root. Seen from inside a user namespace we are `nobody`; outside, files stay root's."""
    if libc.unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, value in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} 0 1"),
        ("gid_map", f"{NOBODY} 0 1"),
    ):
        Path(f"/proc/self/{name}").write_text(value)


def stop(process: subprocess.Popen, *, stop_signal: int, seconds: float) -> None:
    """Ask, wait, and only then kill."""
    if process.poll() is not None:
        return
    process.send_signal(stop_signal)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
