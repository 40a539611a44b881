"""What counting one request against one limit found, and the refusal when that was too much."""

from dataclasses import dataclass
from typing import Any

from core.errors import TooMany


@dataclass(frozen=True)
class Usage:
    """`remaining` more may come; `seconds_left` is until there is room again, or until a window begins anew."""

    limit: int
    remaining: int
    seconds: int
    seconds_left: int
    over: bool


class TooManyRequests(TooMany):
    """Carries what the answer's headers say: which limit, how large, and when to come back."""

    code = "too_many_requests"
    detail = "Too many tries. Wait a little and try again."

    def __init__(self, name: str = "", usage: Usage | None = None, **extra: Any) -> None:
        self.name, self.usage = name, usage
        if usage is not None:
            extra["retry_after"] = max(1, usage.seconds_left)
        super().__init__(**extra)


def headers(name: str, usage: Usage) -> dict[str, str]:
    """The fields of the IETF's draft on RateLimit headers."""
    return {
        "RateLimit-Policy": f'"{name}";q={usage.limit};w={usage.seconds}',
        "RateLimit": f'"{name}";r={max(0, usage.remaining)};t={max(0, usage.seconds_left)}',
    }
