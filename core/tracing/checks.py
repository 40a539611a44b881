"""System checks of the settings of tracing."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security)
def trace_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Peers whose traces are believed could be anybody, shares are shares, addresses are addresses."""
    return [*_peers(), *_shares(), *_addresses()]


def _peers() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for peer in settings.TRACE_TRUSTED_PEERS:
        try:
            network = ipaddress.ip_network(peer)
        except ValueError:
            hint = "Write networks as 10.0.0.0/8 or addresses as 10.0.0.7."
            found.append(
                Error(f"TRACE_TRUSTED_PEERS: {peer} is no network.", hint=hint, id="tracing.E001")
            )
            continue
        if network.prefixlen == 0:
            found.append(
                Warning(
                    "TRACE_TRUSTED_PEERS trusts everybody: a stranger could join any trace and fill it.",
                    hint="Name the proxies and services that are yours.",
                    id="tracing.W001",
                )
            )
    return found


def _shares() -> list[CheckMessage]:
    return [
        Error(
            f"{name} must be from 0 to 1.",
            hint="1 is every trace, 0.1 one in ten.",
            id="tracing.E002",
        )
        for name in ("TRACE_SAMPLE", "TRACE_SAMPLE_CHANGES")
        if not 0 <= getattr(settings, name) <= 1
    ]


def _addresses() -> list[CheckMessage]:
    return [
        Error(
            f"{name} is no http address.",
            hint="Such as http://jaeger:4318/v1/traces and https://jaeger.example.",
            id="tracing.E003",
        )
        for name in ("JAEGER_ENDPOINT", "JAEGER_UI")
        if getattr(settings, name)
        and urlsplit(getattr(settings, name)).scheme not in ("http", "https")
    ]
