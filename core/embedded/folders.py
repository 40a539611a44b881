"""Where an installation keeps its state, and the lock that lets one program at a time use it."""

import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parents[2]
SOCKET_PATH_BYTES_MAX = 100  # Linux allows 107, macOS 103, and PostgreSQL adds its file name


class FolderInUse(RuntimeError):
    """Another program holds the lock of this state folder."""


def var_folder(var_dir: str | None = None) -> Path:
    return Path(var_dir) if var_dir else REPOSITORY / "var"


def private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def lock(folder: Path) -> IO[str]:
    """Hold the folder until the returned file is closed or the process ends. Raises FolderInUse."""
    handle = (private(folder) / "lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise FolderInUse(f"{folder} is in use: another `make run` is working there") from None
    os.set_inheritable(handle.fileno(), False)
    return handle


def socket_folder(state: Path) -> Path:
    """A folder whose path is short enough for a Unix socket: beside the data, else a private temporary one."""
    beside = state / "run"
    if len(os.fsencode(beside / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES_MAX:
        return private(beside)
    return Path(tempfile.mkdtemp(prefix="rft-"))
