"""System checks of the two secrets that the data depends on."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from core.crypto import keyring

SALT_LENGTH_MIN = 32
SALT_CHARACTERS_MIN = 8


@register
def encryption_key(**_kwargs: Any) -> list[CheckMessage]:
    try:
        keyring.parse(settings.ENCRYPTION_KEY)
    except keyring.BadKeys as error:
        return [
            Error(
                f"ENCRYPTION_KEY can't be used: {error}.",
                hint="Set id:base64 of 32 random bytes, e.g. k1:$(openssl rand -base64 32); the first writes.",
                id="core.E041",
            )
        ]
    return []


@register
def hash_salt(**_kwargs: Any) -> list[CheckMessage]:
    salt = settings.HASH_SALT
    strong = len(salt) >= SALT_LENGTH_MIN and len(set(salt)) >= SALT_CHARACTERS_MIN
    if strong and salt not in (settings.SECRET_KEY, settings.ENCRYPTION_KEY):
        return []
    return [
        Error(
            "HASH_SALT is missing, weak, or the same as another secret.",
            hint="Set it once to `openssl rand -hex 32` and never change it: every blind index depends on it.",
            id="core.E042",
        )
    ]
