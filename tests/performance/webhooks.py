"""Signed events as Stripe would send them, of a type that the shop keeps and needs not act on."""

import hashlib
import hmac
import json
import time
import uuid


def signed_event(secret: str) -> tuple[bytes, str]:
    """A body and its Stripe-Signature header."""
    now = int(time.time())
    body = json.dumps(
        {
            "id": f"evt_{uuid.uuid4().hex[:24]}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": now,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": "customer.created",
            "data": {"object": {"id": f"cus_{uuid.uuid4().hex[:14]}", "object": "customer"}},
        }
    ).encode()
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={now},v1={digest}"
