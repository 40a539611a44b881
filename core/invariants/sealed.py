"""Opens sealed columns on its own: the format is that of core.crypto, written down a second time."""

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


class Unopenable(Exception):
    """No key of the settings opens the value in this place."""


def opened(value: bytes, *, table: str, column: str, key: object) -> bytes:
    """`version | length | key id | nonce | ciphertext`, bound to its table, column and row. Raises Unopenable."""
    start = 2 + value[1] if len(value) > 1 else 0
    header, nonce, ciphertext = (
        value[:start],
        value[start : start + NONCE_BYTES],
        value[start + NONCE_BYTES :],
    )
    cipher = _ciphers().get(header[2:].decode("ascii", "replace"))
    if cipher is None:
        raise Unopenable("unknown key")
    try:
        return cipher.decrypt(nonce, ciphertext, header + f"{table}|{column}|{key}".encode())
    except (InvalidTag, ValueError) as error:
        raise Unopenable("altered, or moved from its row") from error


def opened_json(value: bytes, **place: Any) -> Any:
    """The same, of a column that holds JSON."""
    return json.loads(opened(value, **place))


def _ciphers() -> dict[str, AESGCM]:
    pairs = (
        entry.strip().partition(":")
        for entry in settings.ENCRYPTION_KEY.split(",")
        if entry.strip()
    )
    return {key_id: AESGCM(base64.b64decode(encoded)) for key_id, _, encoded in pairs}
