"""What must not be read in logs, spans and error reports: secret links, addresses, card numbers, keys."""

import re
from collections.abc import Mapping
from typing import Any

TEXT_LENGTH_MAX = 8_000
DEPTH_MAX = 10

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(/bookings/)[^/?#\s\"'<]{8,}"), r"\1[token]"),
    (re.compile(r"\b(pi|seti|src)_[A-Za-z0-9]+_secret_[A-Za-z0-9_-]+"), "[client secret]"),
    (re.compile(r"\b(sk|rk|whsec)_[A-Za-z0-9_-]{8,}"), "[key]"),
    (re.compile(r"(://[^:/\s@]{0,64}:)[^@/\s]{1,200}@"), r"\1[password]@"),
    (
        re.compile(
            r"[^\s@<>()\[\]\"',;:=/][^\s@<>()\[\]\",;:=/]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
        ),
        "[email]",
    ),
    (re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])"), "[number]"),
    (re.compile(r"(?m)^DETAIL:.*$"), "DETAIL: [row]"),
)


def redact(text: str) -> str:
    """`text` without what must not be read, and never longer than a log line should be."""
    text = text[: 2 * TEXT_LENGTH_MAX]
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text if len(text) <= TEXT_LENGTH_MAX else text[:TEXT_LENGTH_MAX] + "…"


def redacted(value: Any, depth: int = 0) -> Any:
    """The same for plain data, at any depth that a reader would look at."""
    if isinstance(value, str):
        return redact(value)
    if depth >= DEPTH_MAX:
        return "…" if isinstance(value, Mapping | list | tuple) else value
    if isinstance(value, Mapping):
        return {redacted(name, depth): redacted(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item, depth + 1) for item in value]
    return value
