"""Ids that look like Stripe's: a prefix that names the kind, and 24 characters."""

import secrets


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def client_secret_of(object_id: str) -> str:
    return f"{object_id}_secret_{secrets.token_hex(12)}"
