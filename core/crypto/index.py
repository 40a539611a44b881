"""Blind indexes: look-ups of what is sealed, by a keyed digest that says nothing without the key."""

import hmac
import unicodedata
from functools import lru_cache

from django.conf import settings

PURPOSES_MAX = 256


def blind_index(value: str, purpose: str) -> str:
    """64 hex digits, equal for values that differ only in case, width or surrounding space.

    `purpose` keeps the digests of one column useless for another. The key is HASH_SALT, which is
    never rotated with ENCRYPTION_KEY: look-ups survive a rotation.
    """
    normalised = unicodedata.normalize("NFKC", value).casefold().strip()
    return keyed_digest(normalised, purpose=f"index|{purpose}")


def keyed_digest(text: str, *, purpose: str) -> str:
    """HMAC-SHA256 of the exact text, under a key of its own for each purpose."""
    return hmac.digest(_key(settings.HASH_SALT, purpose), text.encode(), "sha256").hex()


@lru_cache(PURPOSES_MAX)
def _key(salt: str, purpose: str) -> bytes:
    return hmac.digest(salt.encode(), f"purpose|{purpose}".encode(), "sha256")
