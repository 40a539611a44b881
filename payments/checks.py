"""System checks of what payments rests on."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from payments.gateways import stripe as gateway


@register()
def limits(**_kwargs: Any) -> list[CheckMessage]:
    wrong = [
        name
        for name in ("PAYMENT_TRIES_MAX", "REVIEW_PROMISE_OFFICE_HOURS")
        if getattr(settings, name) < 1
    ]
    return [
        Error(f"{name} is below 1.", hint="Take it out to use the default.", id="payments.E001")
        for name in wrong
    ]


@register()
def api_version(**_kwargs: Any) -> list[CheckMessage]:
    """A new library may speak another version of Stripe's API: that is a decision, not an upgrade."""
    if gateway.library_version() == gateway.API_VERSION:
        return []
    return [
        Error(
            f"The Stripe library speaks {gateway.library_version()}, we pin {gateway.API_VERSION}.",
            hint="Read Stripe's changelog, run the contract tests, then change API_VERSION.",
            id="payments.E002",
        )
    ]
