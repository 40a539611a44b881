"""`make check`: every gate that needs no running test, one after the other, with a table at the end."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.embedded import environment, postgres, valkey
from tests.services import stripe_keys

PYTHON = sys.executable
BIN = Path(PYTHON).parent
STATIC_GATES = {
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "lint": [BIN / "ruff", "check", "--quiet", "."],
    "templates": [BIN / "djlint", "templates", "--lint", "--quiet"],
    "import contracts": [BIN / "lint-imports", "--no-cache"],
    "types": [BIN / "mypy", "."],
}
DATABASE_GATES = {
    "system checks": [PYTHON, "manage.py", "check", "--fail-level", "WARNING"],
    "missing migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "migrations run": [PYTHON, "manage.py", "migrate", "--verbosity", "0"],
    "API schema": [
        PYTHON,
        "manage.py",
        "spectacular",
        "--validate",
        "--fail-on-warn",
        "--file",
        os.devnull,
    ],
}
TEST_GATES = {
    # The first two of each app make the tables that they lock; nobody uses those yet.
    "unsafe migrations": [
        *(PYTHON, "manage.py", "lintmigrations", "--warnings-as-errors"),
        *("--sql-analyser", "postgresql"),  # it knows Django's own backend by name, not ours
        *("--ignore-name", "0001_initial", "0002_guards"),
        # The same: they lock and index tables of their own making alone.
        *(
            "0006_moves",
            "0011_waiting_list",
            "0014_new_dates",
            "0012_dispute_answers",
            "0014_session_cancellation",
        ),
        # What it calls unique was so before, or is a new column; each index is built concurrently.
        *("0003_corrections", "0016_called_off_again"),
        # Contracts: what no released version reads or writes any more is dropped.
        "0008_drop_key_counts",
    ],
}
PRODUCTION_GATES = {
    "production checks": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SITE_URL": "https://booking.example.com",
    "ALLOWED_HOSTS": "booking.example.com",
    "TRUSTED_PROXY_COUNT": "1",
    "SELLER_VAT": "GB 123 4567 89",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}


def main() -> int:
    """0 when every gate passes, else 1; what a failing gate said is printed."""
    results = {name: _passes(name, command, {}) for name, command in STATIC_GATES.items()}
    with tempfile.TemporaryDirectory(prefix="rft-check-") as folder:
        state = Path(folder)
        secrets = environment.secrets_of(state)
        database = postgres.start(state, secrets=secrets, settings=postgres.THROW_AWAY)
        store = valkey.start(state, password=secrets["VALKEY_PASSWORD"], durable=False)
        try:
            values = {
                **secrets,
                **database.environment(),
                **store.environment(),
                **stripe_keys(secrets),
                # The gates judge the code, not the calendar.
                "GEOIP_DAYS_MAX": "100000",
            }
            local = values | {"DJANGO_SETTINGS_MODULE": "config.settings.local", "VAR_DIR": folder}
            results |= {
                name: _passes(name, command, local) for name, command in DATABASE_GATES.items()
            }
            under_test = local | {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
            results |= {
                name: _passes(name, command, under_test) for name, command in TEST_GATES.items()
            }
            strict = local | PRODUCTION
            results |= {
                name: _passes(name, command, strict) for name, command in PRODUCTION_GATES.items()
            }
        finally:
            store.stop()
            database.stop()
    failed = [name for name, passed in results.items() if not passed]
    print(
        f"{len(results) - len(failed)} of {len(results)} gates passed"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


def _passes(name: str, command: list, values: dict[str, str]) -> bool:
    began = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **values},
        capture_output=True,
        text=True,
    )
    passed = done.returncode == 0
    print(
        f"{'ok    ' if passed else 'FAILED'} {name} ({time.monotonic() - began:.1f} s)", flush=True
    )
    if not passed:
        print((done.stdout + done.stderr).strip()[-6000:], flush=True)
    return passed


if __name__ == "__main__":
    sys.exit(main())
