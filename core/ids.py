"""Names for things: primary keys made before insert, references for people, tokens that grant access."""

import os
import secrets
import threading
import time
from uuid import UUID

REFERENCE_ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"
REFERENCE_LENGTH = 6
TOKEN_BYTES = 24

_lock = threading.Lock()
_last_tick = 0


def uuid7() -> UUID:
    """A UUID of version 7: later ones of one process sort after earlier ones.

    48 bits of milliseconds, 12 bits of the fraction (RFC 9562, method 3), 62 random bits.
    """
    tick = _next_tick()
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    random_bits = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(
        int=(milliseconds & ((1 << 48) - 1)) << 80
        | 0x7 << 76
        | fraction << 64
        | 0b10 << 62
        | random_bits
    )


def reference(prefix: str = "RFT") -> str:
    """Six characters that can be read aloud. Not secret; the column that keeps it is unique."""
    characters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))
    return f"{prefix}-{characters}"


def secret_token() -> str:
    """32 characters that are safe in a URL: 192 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def _next_tick() -> int:
    """Time in 1/4096 of a millisecond, never twice the same in this process."""
    global _last_tick
    nanoseconds = time.time_ns()
    tick = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
    with _lock:
        _last_tick = max(tick, _last_tick + 1)
        return _last_tick
