"""The environment of a laptop: secrets made once, kept in `var/environment` (readable by its owner only)."""

import base64
import os
import secrets
from pathlib import Path

from core.embedded.folders import var_folder


def load(var_dir: str | None = None) -> None:
    """Put what `make run` wrote into the environment; what is already set there wins."""
    for name, value in read(var_folder(var_dir) / "environment").items():
        os.environ.setdefault(name, value)


def read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def write(path: Path, values: dict[str, str]) -> None:
    """Replace the file whole, so that a reader never sees half of it."""
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text("".join(f"{name}={value}\n" for name, value in sorted(values.items())))
    fresh.replace(path)


def secrets_of(folder: Path) -> dict[str, str]:
    """Secrets of this installation: made at the first start, the same ever after."""
    path = folder / "secrets"
    kept = read(path)
    for name, make in _SECRETS.items():
        kept.setdefault(name, make())
    write(path, kept)
    return kept


def _text() -> str:
    return secrets.token_urlsafe(32)


_SECRETS = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "ENCRYPTION_KEY": lambda: "local1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "HASH_SALT": _text,
    "DB_PASSWORD": _text,
    "DB_OWNER_PASSWORD": _text,
    "DB_SUPERUSER_PASSWORD": _text,
    "VALKEY_PASSWORD": _text,
    "SANDBOX_SECRET_KEY": lambda: "sk_test_" + secrets.token_hex(16),
    "SANDBOX_PUBLISHABLE_KEY": lambda: "pk_test_" + secrets.token_hex(16),
    "SANDBOX_WEBHOOK_SECRET": lambda: "whsec_" + secrets.token_hex(16),
    "SANDBOX_CONTROL_TOKEN": _text,
    "DEMO_STAFF_PASSWORD": lambda: secrets.token_urlsafe(9),
}
