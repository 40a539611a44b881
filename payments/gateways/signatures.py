"""Stripe's signature over the raw body of a message, checked by ourselves: the library takes a time that lies
in the future."""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from payments.gateways import parsing
from payments.gateways.base import GatewayEvent

TOLERANCE_SECONDS = 300
PARTS_MAX = 20


class Forged(Exception):
    """Not signed by the gateway for us, or not now."""


def verified_event(body: bytes, signature: str, *, now: datetime) -> GatewayEvent:
    """The event, if its signature is right and its time within 300 s on either side of `now`."""
    sent_at, signatures = _signature_parts(signature)
    if abs(now.timestamp() - sent_at) > TOLERANCE_SECONDS:
        raise Forged("time")
    signed = b"%d." % sent_at + body
    secret = settings.STRIPE_WEBHOOK_SECRET.encode()
    expected = hmac.digest(secret, signed, "sha256").hex()
    if not secret or not any(hmac.compare_digest(expected, given) for given in signatures):
        raise Forged("signature")
    return parsing.event(_json(body))


def _signature_parts(signature: str) -> tuple[int, list[str]]:
    parts = [part.split("=", 1) for part in signature.split(",")[:PARTS_MAX] if "=" in part]
    times = [value for name, value in parts if name.strip() == "t"]
    signatures = [value for name, value in parts if name.strip() == "v1" and value.isascii()]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12:
        raise Forged("header")
    return int(times[0]), signatures


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise parsing.Garbled("unreadable_event") from error
