"""A site that takes money wants two steps of its staff."""

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

MODES = ("required", "offered")


@register()
def settings_make_sense(**_given: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.STAFF_TWO_STEP not in MODES:
        hint = "Write required or offered."
        found.append(
            Error(f"STAFF_TWO_STEP is {settings.STAFF_TWO_STEP!r}.", hint=hint, id="two_step.E001")
        )
    elif settings.STAFF_TWO_STEP == "offered" and settings.ENVIRONMENT_NAME == "production":
        hint = "Leave STAFF_TWO_STEP out, or write required."
        found.append(
            Warning("Staff may sign in with a password alone.", hint=hint, id="two_step.W001")
        )
    for pattern in settings.STAFF_STEP_UP_PATHS:
        try:
            re.compile(pattern)
        except re.error as error:
            found.append(Error(f"STAFF_STEP_UP_PATHS: {pattern!r}: {error}.", id="two_step.E002"))
    return found
