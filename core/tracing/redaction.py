"""What must not be read in logs, spans and error reports: secret links, addresses, card numbers, keys."""

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

TEXT_LENGTH_MAX = 8_000
DEPTH_MAX = 10
ITEMS_MAX = 100
_CONTAINERS = (Mapping, list, tuple, set, frozenset)
_PLAIN = (UUID, Decimal, dt.date, dt.timedelta)

# Of what has neither "@" nor ":" a key is the shortest: `sk_` and eight more.
SHORTEST = 11
TOKEN_LENGTH = 32
NUMBER_LENGTH_MIN = 13

Rule = tuple[Callable[[str], bool], re.Pattern[str], str]
# Most texts have nothing to hide: the first of each says so without searching.
_RULES: tuple[Rule, ...] = (
    (
        lambda text: "bookings/" in text,
        re.compile(r"([/-]bookings/)[^/?#\s\"'<]{8,}"),
        r"\1[token]",
    ),
    # Ours have 32 letters, digits and dashes; ids of traces and rows have no capitals.
    (
        lambda text: len(text) >= TOKEN_LENGTH and not text.islower(),
        re.compile(
            r"(?<![\w-])(?=[\w-]{0,31}[A-Z])(?=[\w-]{0,31}[a-z])(?=[\w-]{0,31}[0-9])[\w-]{32}(?![\w-])",
            re.ASCII,
        ),
        "[token]",
    ),
    (
        lambda text: "_secret_" in text,
        re.compile(r"\b(pi|seti|src)_[A-Za-z0-9]+_secret_[A-Za-z0-9_-]+"),
        "[client secret]",
    ),
    (
        lambda text: "k_" in text or "whsec_" in text,
        re.compile(r"\b(sk|rk|whsec)_[A-Za-z0-9_-]{8,}"),
        "[key]",
    ),
    (
        lambda text: "@" in text and "://" in text,
        re.compile(r"(://[^:/\s@]{0,64}:)[^@/\s]{1,200}@"),
        r"\1[password]@",
    ),
    (
        lambda text: "@" in text,
        re.compile(
            r"[^\s@<>()\[\]\"',;:=/][^\s@<>()\[\]\",;:=/]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
        ),
        "[email]",
    ),
    (
        lambda text: len(text) >= NUMBER_LENGTH_MIN,
        re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])"),
        "[number]",
    ),
    (lambda text: "DETAIL:" in text, re.compile(r"(?m)^DETAIL:.*$"), "DETAIL: [row]"),
)


def redact(text: str) -> str:
    """`text` without what must not be read, and never longer than a log line should be."""
    if len(text) < SHORTEST and "@" not in text and ":" not in text:
        return text
    text = text[: 2 * TEXT_LENGTH_MAX]
    for may_match, pattern, replacement in _RULES:
        if may_match(text):
            text = pattern.sub(replacement, text)
    return text if len(text) <= TEXT_LENGTH_MAX else text[:TEXT_LENGTH_MAX] + "…"


def redacted(value: Any, depth: int = 0) -> Any:
    """The same for plain data, at any depth that a reader would look at; of other objects only the kind is told."""
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return _inside(value, depth) if isinstance(value, _CONTAINERS) else _leaf(value)


def _inside(value: Any, depth: int) -> Any:
    if depth >= DEPTH_MAX:
        return "…"
    if isinstance(value, Mapping):
        items = list(value.items())[:ITEMS_MAX]
        return {_name(name): redacted(item, depth + 1) for name, item in items}
    return [redacted(item, depth + 1) for item in list(value)[:ITEMS_MAX]]


def _name(name: Any) -> str:
    return redact(name) if isinstance(name, str) else str(redacted(name))


def _leaf(value: Any) -> str:
    if isinstance(value, _PLAIN):
        return str(value)
    return f"<{type(value).__name__}>"
