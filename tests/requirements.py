"""What a test needs and a strange machine may lack: looked for, else skipped with one loud line.

Under REQUIRE_ALL=1 a lack is a failure instead.
"""

import os
import shutil
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "tests" / "tools" / "node_modules"

HOW = {
    "node": "install Node.js 20 or newer",
    "chromium": "install Chromium (on Debian: apt-get install chromium)",
    "stripe-cli": "run `make npm-tools` (needs Node 20 and npm)",
    "promtool": "install Prometheus' tool (on Debian: apt-get install prometheus)",
    "amtool": "install Alertmanager's tool (on Debian: apt-get install prometheus-alertmanager)",
    "haproxy": "install HAProxy (on Debian: apt-get install haproxy)",
    "typescript": "run `make npm-tools` (needs Node 20 and npm)",
}


def need(name: str) -> Path:
    """The tool's path; skips the test, or fails it under REQUIRE_ALL=1, when it is not here."""
    found = FINDERS[name]()
    if found is not None:
        return found
    words = f"NOT RUN: {name} is missing. To run this test, {HOW[name]}."
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(words)
    pytest.skip(words)


def shared_data() -> Path:
    """The folder of data that nobody here wrote; a test that wants it is skipped without it."""
    folder = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"NOT RUN: there is no folder {folder}; name one in SHARED_DATA.")
    return folder


def _chromium() -> Path | None:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


def _stripe_cli() -> Path | None:
    return next(iter(sorted((TOOLS / "@stripe").glob("cli-*/bin/stripe"))), None)


def _typescript() -> Path | None:
    compiler = TOOLS / "typescript" / "lib" / "tsc.js"
    types = TOOLS / "@stripe" / "stripe-js"
    return compiler if compiler.exists() and types.is_dir() and shutil.which("node") else None


def _program(name: str) -> Path | None:
    """Debian keeps servers where an ordinary user's PATH does not look."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


FINDERS = {
    "chromium": _chromium,
    "node": partial(_program, "node"),
    "promtool": partial(_program, "promtool"),
    "amtool": partial(_program, "amtool"),
    "haproxy": partial(_program, "haproxy"),
    "stripe-cli": _stripe_cli,
    "typescript": _typescript,
}
