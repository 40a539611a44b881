"""The Stripe-Signature header, computed here so that the two sides share no code; and its forgeries."""

import hashlib
import hmac
import time

SHIFTS = {"old_timestamp": -600, "future_timestamp": 600}
ANOTHER_SECRET = "whsec_of_another_endpoint"  # noqa: S105
ROLLED_SECRET = "whsec_that_is_rolled_out"  # noqa: S105
KINDS = ("valid", "wrong_secret", "old_timestamp", "future_timestamp", "rolled", "missing", "v0")


def header(kind: str, secret: str, body: bytes) -> str | None:
    """A fresh header for one attempt; by its kind a true one or one that must be refused."""
    if kind == "missing":
        return None
    now = int(time.time()) + SHIFTS.get(kind, 0)
    scheme = "v0" if kind == "v0" else "v1"
    signed_with = ANOTHER_SECRET if kind == "wrong_secret" else secret
    signature = f"{scheme}={_sign(signed_with, now, body)}"
    if kind == "rolled":
        signature = f"v1={_sign(ROLLED_SECRET, now, body)},{signature}"
    return f"t={now},{signature}"


def _sign(secret: str, moment: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
