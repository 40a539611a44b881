"""AES-256-GCM under a ring of keys: the first key writes, all of them read, and nothing fails open.

A sealed value is `version | key id length | key id | nonce (12) | ciphertext and tag`. The associated data
binds it to its place (table, column, row) and to its key id, so that a value moved to another row does
not open. Nonces are random: one key may seal at most 2^32 values (NIST SP 800-38D).
"""

import base64
import binascii
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_LENGTH_MAX = 32


class Unreadable(Exception):
    """A sealed value that does not open. Never answered with a guess or an empty value."""


class UnknownKey(Unreadable):
    """Sealed under a key that the ring does not hold."""


class Tampered(Unreadable):
    """Altered, cut short, or moved from the place that it was sealed for."""


class BadKeys(ValueError):
    """ENCRYPTION_KEY can't be used; the message says why and never quotes a key."""


def seal(plain: bytes | str, aad: str) -> bytes:
    """`plain` under the first key, for the place that `aad` names."""
    return ring().seal(plain.encode() if isinstance(plain, str) else plain, aad)


def open(sealed: bytes, aad: str) -> bytes:
    """The plain bytes; raises UnknownKey or Tampered."""
    return ring().open(sealed, aad)


def key_id_of(sealed: bytes) -> str:
    """Which key sealed this; raises Tampered when it is no sealed value."""
    return _take_apart(sealed)[0]


@dataclass(frozen=True)
class KeyRing:
    """Keys by id, in the order of the setting. Its repr shows no key."""

    ids: tuple[str, ...]
    _ciphers: dict[str, AESGCM]

    @property
    def writing_id(self) -> str:
        return self.ids[0]

    def header(self, key_id: str) -> bytes:
        """The first bytes of every value sealed under `key_id`."""
        return bytes([VERSION, len(key_id)]) + key_id.encode("ascii")

    def seal(self, plain: bytes, aad: str) -> bytes:
        header, nonce = self.header(self.writing_id), os.urandom(NONCE_BYTES)
        return (
            header
            + nonce
            + self._ciphers[self.writing_id].encrypt(nonce, plain, header + aad.encode())
        )

    def open(self, sealed: bytes, aad: str) -> bytes:
        key_id, nonce, ciphertext = _take_apart(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKey(f"no key {key_id!r} in ENCRYPTION_KEY")
        try:
            return cipher.decrypt(nonce, ciphertext, self.header(key_id) + aad.encode())
        except InvalidTag:
            raise Tampered("the value does not belong here, or was altered") from None


def ring() -> KeyRing:
    """The ring of settings.ENCRYPTION_KEY."""
    return parse(settings.ENCRYPTION_KEY)


@lru_cache(maxsize=8)
def parse(text: str) -> KeyRing:
    """A ring from "id:base64,id:base64"; raises BadKeys."""
    ciphers: dict[str, AESGCM] = {}
    keys: set[bytes] = set()
    for position, entry in enumerate(
        filter(None, (part.strip() for part in text.split(","))), start=1
    ):
        key_id, colon, encoded = entry.partition(":")
        if (
            not colon
            or not key_id.isascii()
            or not key_id.isalnum()
            or len(key_id) > KEY_ID_LENGTH_MAX
        ):
            raise BadKeys(f"entry {position} is not id:base64, with an id of letters and digits")
        key = _decoded(encoded, position)
        if key_id in ciphers or key in keys:
            raise BadKeys(f"entry {position} repeats an id or a key")
        ciphers[key_id] = AESGCM(key)
        keys.add(key)
    if not ciphers:
        raise BadKeys("there is no key")
    return KeyRing(ids=tuple(ciphers), _ciphers=ciphers)


def _decoded(encoded: str, position: int) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadKeys(f"entry {position} is not base64") from None
    if len(key) != KEY_BYTES:
        raise BadKeys(f"entry {position} has {len(key)} bytes, not {KEY_BYTES}")
    if len(set(key)) < 8:
        raise BadKeys(f"entry {position} is not random")
    return key


def _take_apart(sealed: bytes) -> tuple[str, bytes, bytes]:
    start = 2 + (sealed[1] if len(sealed) > 1 else 0)
    if len(sealed) < start + NONCE_BYTES + 16 or sealed[0] != VERSION:
        raise Tampered("this is not a sealed value")
    try:
        key_id = sealed[2:start].decode("ascii")
    except UnicodeDecodeError:
        raise Tampered("this is not a sealed value") from None
    return key_id, sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
