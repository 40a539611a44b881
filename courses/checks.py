"""System checks of the rules of booking, each with an id and a hint."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

AT_LEAST = {
    "HOLD_SECONDS": 60,
    "HOLD_EXTENSION_SECONDS": 20,
    "HOLD_EXTENSIONS_MAX": 0,
    "HOLD_RENEWALS_MAX": 0,
    "HOLDS_PER_BROWSER": 1,
    "PLACES_PER_BROWSER": 1,
}


@register()
def rules_of_booking(**_kwargs: Any) -> list[CheckMessage]:
    """Time to think is a right (WCAG 2.2.1), and a hold of nothing holds nothing."""
    return [
        Error(
            f"{name} is {getattr(settings, name)}, which is less than {least}.",
            hint=f"Leave {name} out for its default, or set it to {least} or more.",
            id="courses.E001",
        )
        for name, least in AT_LEAST.items()
        if getattr(settings, name) < least
    ]
