"""What a call takes: each parameter with its type; anything else is refused as Stripe refuses it."""

from collections.abc import Callable, Mapping
from typing import Any

from . import errors
from .books import Json

Reader = Callable[[Any, str], Any]
Shape = Mapping[str, Callable[[Any, str], Any]]

METADATA_KEYS_MAX = 50
METADATA_KEY_CHARS_MAX = 40
METADATA_VALUE_CHARS_MAX = 500
AMOUNT_MAX = 99_999_999


def read(params: Json, shape: Shape, *, required: tuple[str, ...] = ()) -> Json:
    """The parameters, each turned into its own type."""
    for name in required:
        if name not in params:
            raise errors.parameter_missing(name)
    return _table(params, shape, "")


def text(value: Any, path: str) -> str | None:
    """Any string; an empty one unsets."""
    if not isinstance(value, str):
        raise errors.invalid("Invalid string", param=path)
    if len(value) > 5000:
        raise errors.invalid(
            f"Invalid string: {value[:20]}...; must be at most 5000 characters",
            code="parameter_invalid_string",
            param=path,
        )
    return value or None


def integer(value: Any, path: str) -> int:
    if value == "":
        raise errors.parameter_empty(path)
    if not isinstance(value, str) or not value.lstrip("-").isdigit() or len(value) > 15:
        raise errors.not_an_integer(path, value)
    return int(value)


def amount(value: Any, path: str) -> int:
    """A positive amount in minor units."""
    number = integer(value, path)
    if number < 1:
        raise errors.invalid(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=path,
        )
    if number > AMOUNT_MAX:
        raise errors.invalid(
            "Amount must be no more than £999,999.99", code="amount_too_large", param=path
        )
    return number


def flag(value: Any, path: str) -> bool:
    if value not in ("true", "false"):
        raise errors.invalid(f"Invalid boolean: {value}", param=path)
    return bool(value == "true")


def choice(*allowed: str) -> Reader:
    def read_choice(value: Any, path: str) -> str:
        if value not in allowed:
            raise errors.invalid(f"Invalid {path}: must be one of {', '.join(allowed)}", param=path)
        return str(value)

    return read_choice


def table(shape: Shape) -> Reader:
    def read_table(value: Any, path: str) -> Json | None:
        if value == "":
            return None
        if not isinstance(value, dict):
            raise errors.invalid("Invalid object", param=path)
        return _table(value, shape, path)

    return read_table


def items(of: Reader) -> Reader:
    def read_items(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise errors.invalid("Invalid array", param=path)
        return [of(item, f"{path}[{index}]") for index, item in enumerate(value)]

    return read_items


def anything(value: Any, path: str) -> Any:
    return value


def metadata(value: Any, path: str) -> Json:
    """New keys and, as empty strings, keys to remove; an empty string alone removes all."""
    if value == "":
        return {}
    if not isinstance(value, dict) or any(not isinstance(item, str) for item in value.values()):
        raise errors.invalid("Invalid metadata: must be a map of strings", param=path)
    for name, item in value.items():
        if len(name) > METADATA_KEY_CHARS_MAX:
            raise errors.invalid(
                f"Metadata keys must be at most {METADATA_KEY_CHARS_MAX} characters.", param=path
            )
        if len(item) > METADATA_VALUE_CHARS_MAX:
            raise errors.invalid(
                f"Metadata values must be at most {METADATA_VALUE_CHARS_MAX} characters.",
                param=path,
            )
    if len(value) > METADATA_KEYS_MAX:
        raise errors.invalid(f"Metadata has at most {METADATA_KEYS_MAX} keys.", param=path)
    return value


def merged(old: Json, new: Json) -> Json:
    """Metadata after an update."""
    if not new:
        return {}
    return {name: item for name, item in {**old, **new}.items() if item != ""}


ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), text)
BILLING_DETAILS = {
    "address": table(ADDRESS), "email": text, "name": text, "phone": text, "tax_id": text,
}  # fmt: skip
SHIPPING = {
    "address": table(ADDRESS), "carrier": text, "name": text, "phone": text,
    "tracking_number": text,
}  # fmt: skip


def _table(value: Json, shape: Shape, path: str) -> Json:
    cleaned: Json = {}
    for name, item in value.items():
        full = f"{path}[{name}]" if path else name
        if name not in shape:
            raise errors.parameter_unknown(full)
        cleaned[name] = shape[name](item, full)
    return cleaned
