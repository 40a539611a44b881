"""The Stripe-Signature header, computed here so that the two sides share no code; and its forgeries."""

import hashlib
import hmac
import time

OLD_SECONDS = 600
KINDS = ("valid", "wrong_secret", "old_timestamp", "future_timestamp", "rolled", "missing", "v0")


def header(kind: str, secret: str, body: bytes) -> str | None:
    """A fresh header for one attempt; by its kind a true one or one that must be refused."""
    now = int(time.time())
    if kind == "missing":
        return None
    if kind == "wrong_secret":
        return f"t={now},v1={_sign('whsec_of_another_endpoint', now, body)}"
    if kind == "old_timestamp":
        return f"t={now - OLD_SECONDS},v1={_sign(secret, now - OLD_SECONDS, body)}"
    if kind == "future_timestamp":
        return f"t={now + OLD_SECONDS},v1={_sign(secret, now + OLD_SECONDS, body)}"
    if kind == "v0":
        return f"t={now},v0={_sign(secret, now, body)}"
    true = f"v1={_sign(secret, now, body)}"
    if kind == "rolled":
        return f"t={now},v1={_sign('whsec_that_is_rolled_out', now, body)},{true}"
    return f"t={now},{true}"


def _sign(secret: str, moment: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
