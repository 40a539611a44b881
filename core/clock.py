"""The one clock. Doors ask it and pass `now` down; services never look at a clock themselves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings


def now() -> datetime:
    """The present moment in UTC, moved by the offset file where a test or a chaos run names one."""
    present = datetime.now(UTC)
    offset_file = getattr(settings, "CLOCK_OFFSET_FILE", "")
    if offset_file:
        present += _offset(Path(offset_file))
    return present


def _offset(path: Path) -> timedelta:
    try:
        text = path.read_text().strip()
    except FileNotFoundError:
        return timedelta(0)
    return timedelta(seconds=float(text or 0))
