"""A crash point that is armed has no place where customers are."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from core import crashpoints


@register(Tags.security, deploy=True)
def no_crash_point_is_armed(**_: Any) -> list[CheckMessage]:
    if not crashpoints.armed():
        return []
    return [
        Error(
            "CRASH_POINTS is set: processes would kill themselves on purpose.",
            hint="Take CRASH_POINTS out of the environment; it is for the tests of crashes.",
            id="outbox.E001",
        )
    ]
