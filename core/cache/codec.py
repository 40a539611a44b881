"""What may be cached, as JSON with named types: never pickle, so bytes from the network can't run code.

Values that can't change are handed out as they are; all others are read anew for each caller.
"""

import base64
import datetime as dt
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString

TAG, VALUE = "$", "v"
MARK = '"$"'
ATOMS = frozenset({type(None), bool, int, float, str})

Pack = Callable[[Any], Any]


class Uncacheable(TypeError):
    """A value of a type that nobody has registered."""


class Unreadable(ValueError):
    """Not what `encode` makes: another version's, or damaged."""


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    pack: Pack
    unpack: Pack
    frozen: bool


_by_type: dict[type, _Kind] = {}
_by_name: dict[str, _Kind] = {}


def register(kind: type, *, name: str, pack: Pack, unpack: Pack, frozen: bool = False) -> None:
    """`pack` gives what can be cached, `unpack` makes the value again; `frozen`: it can't be changed."""
    known = _by_name.get(name)
    if known is not None and _by_type.get(kind) is not known:
        raise ValueError(f"cached type {name} is registered twice")
    _by_type[kind] = _by_name[name] = _Kind(name, pack, unpack, frozen)


def register_record(kind: Any, *, name: str) -> None:
    """A NamedTuple."""
    register(kind, name=name, pack=list, unpack=kind._make, frozen=True)


def encode(value: Any) -> str:
    """Raises Uncacheable."""
    return json.dumps(_plain(value), separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def decode(text: str | bytes) -> Any:
    """Raises Unreadable."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    try:
        return (_typed if MARK in text else _plainly).decode(text)
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise Unreadable(type(error).__name__) from error


def is_frozen(value: Any) -> bool:
    """Whether nobody who holds this value can change it, or anything in it."""
    kind = type(value)
    if kind in ATOMS:
        return True
    known = _by_type.get(kind)
    if known is None or not known.frozen:
        return False
    return all(map(is_frozen, value)) if isinstance(value, (tuple, frozenset)) else True


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in ATOMS:
        if kind is float and not math.isfinite(value):
            return {TAG: "float", VALUE: str(value)}
        return value
    if kind is list:
        return [_plain(each) for each in value]
    if kind is dict:
        return _plain_dict(value)
    known = _by_type.get(kind)
    if known is None:
        raise Uncacheable(f"{kind.__module__}.{kind.__qualname__} is not registered for the cache")
    return {TAG: known.name, VALUE: _plain(known.pack(value))}


def _plain_dict(value: dict) -> Any:
    if all(type(key) is str for key in value) and TAG not in value:
        return {key: _plain(each) for key, each in value.items()}
    return {TAG: "dict", VALUE: [[_plain(key), _plain(each)] for key, each in value.items()]}


def _hook(found: dict) -> Any:
    if TAG not in found:
        return found
    return _by_name[found[TAG]].unpack(found[VALUE])


def _of_iso(kind: Any) -> dict[str, Any]:
    return {"pack": kind.isoformat, "unpack": kind.fromisoformat, "frozen": True}


register(tuple, name="tuple", pack=list, unpack=tuple, frozen=True)
register(set, name="set", pack=list, unpack=set)
register(frozenset, name="frozenset", pack=list, unpack=frozenset, frozen=True)
register(bytes, name="bytes", pack=lambda value: base64.b64encode(value).decode(),
         unpack=base64.b64decode, frozen=True)  # fmt: skip
register(dt.datetime, name="datetime", **_of_iso(dt.datetime))
register(dt.date, name="date", **_of_iso(dt.date))
register(dt.time, name="time", **_of_iso(dt.time))
register(dt.timedelta, name="timedelta", frozen=True,
         pack=lambda value: [value.days, value.seconds, value.microseconds],
         unpack=lambda parts: dt.timedelta(*parts))  # fmt: skip
register(Decimal, name="decimal", pack=str, unpack=Decimal, frozen=True)
register(UUID, name="uuid", pack=str, unpack=UUID, frozen=True)
register(SafeString, name="safe", pack=str.__str__, unpack=SafeString, frozen=True)
_by_name["float"] = _Kind("float", str, float, frozen=True)
_by_name["dict"] = _Kind("dict", list, dict, frozen=False)
# Most values have no named types in them, and are read without being asked for each.
_typed, _plainly = json.JSONDecoder(object_hook=_hook), json.JSONDecoder()
