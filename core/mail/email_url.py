"""EMAIL_URL as Django's e-mail settings: an SMTP server, or a folder of files to read on a laptop."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 10
SMTP = "django.core.mail.backends.smtp.EmailBackend"
FILES = "core.mail.files.EmailBackend"


def settings_of(url: str, *, folder: Path) -> dict[str, Any]:
    """`smtp://`, `smtp+tls://` or `smtps://` with user:password@host:port; empty or `file:` means `folder`."""
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        return {
            "EMAIL_BACKEND": FILES,
            "EMAIL_FILE_PATH": parts.path or str(folder),
            "EMAIL_TIMEOUT": TIMEOUT_SECONDS,
        }
    if parts.scheme not in ("smtp", "smtp+tls", "smtps"):
        raise ValueError(f"EMAIL_URL: {parts.scheme} is not smtp, smtp+tls, smtps or file")
    return {
        "EMAIL_BACKEND": SMTP,
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": TIMEOUT_SECONDS,
    }
