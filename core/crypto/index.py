"""Blind indexes: look-ups of what is sealed, by a keyed digest that says nothing without the key."""

import hashlib
import hmac
import unicodedata

from django.conf import settings


def blind_index(value: str, purpose: str) -> str:
    """64 hex digits, equal for values that differ only in case, width or surrounding space.

    `purpose` keeps the digests of one column useless for another. The key is HASH_SALT, which is
    never rotated with ENCRYPTION_KEY: look-ups survive a rotation.
    """
    normalised = unicodedata.normalize("NFKC", value).casefold().strip()
    return keyed_digest(normalised, purpose=f"index|{purpose}")


def keyed_digest(text: str, *, purpose: str) -> str:
    """HMAC-SHA256 of the exact text, under a key of its own for each purpose."""
    purpose_key = hmac.digest(settings.HASH_SALT.encode(), f"purpose|{purpose}".encode(), "sha256")
    return hmac.new(purpose_key, text.encode(), hashlib.sha256).hexdigest()
