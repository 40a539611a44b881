"""Personal values in the audit trail are keyed digests: equal values can be told to be equal, none can be read."""

import json
import re
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from core.crypto.index import keyed_digest

PERSONAL_NAMES = frozenset(
    {
        "access_needs",
        "address",
        "company",
        "customer_name",
        "email",
        "first_name",
        "last_name",
        "name",
        "note",
        "phone",
        "postcode",
        "purchase_order",
        "username",
    }
)

_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?<![\w-])\+?\d(?:[ ()-]?\d){8,}(?![\w-])")
MASK = "…"


def masked(words: str) -> str:
    """What staff wrote, for a trail that never changes: without e-mail addresses, telephone and card numbers."""
    return _NUMBER.sub(MASK, _ADDRESS.sub(MASK, words))


def digested(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """Plain JSON data in which the values of personal fields, at any depth, are digests."""
    if data is None:
        return None
    plain = json.loads(json.dumps(data, cls=DjangoJSONEncoder, allow_nan=False))
    return {name: _digested(name, value) for name, value in plain.items()}


def digest(value: str) -> str:
    """A personal value for a field whose name does not say that it is one."""
    return f"digest:{keyed_digest(value, purpose='audit-personal')}"


def _digested(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _digested(inner, item) for inner, item in value.items()}
    if isinstance(value, list):
        return [_digested(name, item) for item in value]
    if name in PERSONAL_NAMES and value not in (None, ""):
        return digest(str(value))
    return value
