"""Refusals: what the product says no to, in five families.

A refusal is expected and is told to whoever asked; its family decides the HTTP status, once, in
`core.api.exceptions`. Anything else that is raised is a bug and rises.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):
    """No, and why: a stable `code` for machines, a `detail` for people, errors per field.

    Subclasses set `code` and `detail` as class attributes; extra keywords become members of the answer.
    """

    code: str = "refused"
    detail: str = "This can't be done."
    out_of_order: bool = False
    """Whether only somebody who skips steps meets it: then the security log hears of it."""

    def __init__(
        self,
        detail: str | None = None,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        **extra: Any,
    ) -> None:
        if detail is not None:
            self.detail = detail
        self.fields: dict[str, list[str]] = {
            name: list(messages) for name, messages in (fields or {}).items()
        }
        self.extra: dict[str, Any] = extra
        super().__init__(self.detail)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class NotFound(Refusal):
    """What was asked for does not exist, or not for the one who asks."""

    code = "not_found"
    detail = "We can’t find that."


class Invalid(Refusal):
    """The input is wrong in itself, whatever the state of the world."""

    code = "invalid"
    detail = "Some of what was sent can’t be used."


class Conflict(Refusal):
    """The input is fine, but not in the present state."""

    code = "conflict"
    detail = "That can’t be done now."


class Refused(Refusal):
    """Asked by someone who may not."""

    code = "forbidden"
    detail = "You can’t do that."


class Unavailable(Refusal):
    """Not now: something that we depend on does not answer. Trying again later is right."""

    code = "unavailable"
    detail = "This doesn’t work at the moment. Try again in a few minutes."


class Gone(NotFound):
    """It was there, and its time is over."""

    code = "gone"
    detail = "This is no longer there."


class PaymentDeclined(Refused):
    """The bank, not we, said no."""

    code = "payment_declined"
    detail = "This payment didn’t go through."


class TooMany(Refused):
    """More than the limit; `retry_after` (seconds) in `extra` when waiting helps."""

    code = "too_many"
    detail = "Too many tries. Wait a little and try again."
