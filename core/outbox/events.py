"""Publishing a fact in the transaction that makes it true, and subscribing to the facts of others.

A handler is called once for each event, in a transaction that also marks its delivery done: its effects are kept
with the mark or not at all. It may come late and in any order, and it writes rows; it never calls the network.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Self

from django.db import connection, transaction

from core import clock, ids, nudges
from core.outbox.models import Message
from core.tracing import propagation

RELAY_TASK = "core.outbox.tasks.relay"
PAYLOAD_BYTES_MAX = 16_384


@dataclass(frozen=True)
class Event:
    """A fact, named in the past tense. Its fields are plain values: str, int, bool, None, lists and dicts of them."""

    name: ClassVar[str]
    version: ClassVar[int] = 1

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        known = _classes.setdefault(cls.name, cls)
        if known.__qualname__ != cls.__qualname__ or known.__module__ != cls.__module__:
            raise ValueError(f"two events are named {cls.name}: {known!r} and {cls!r}")

    @classmethod
    def from_payload(cls, version: int, payload: dict[str, Any]) -> Self:
        """The event as it was published. An event with more than one version overrides this to read the old ones."""
        if version != cls.version:
            raise UnknownVersion(f"{cls.name} v{version}: this code knows v{cls.version}")
        return cls(**payload)


Handler = Callable[[Any], object]
_classes: dict[str, type[Event]] = {}
_handlers: dict[str, dict[str, Handler]] = {}
_observers: dict[str, list[Handler]] = {}


class OutsideTransaction(RuntimeError):
    """An event was published with no transaction open: it could be told without being true."""


class UnknownEvent(LookupError):
    """A message whose event this code does not have; newer code may."""


class UnknownHandler(LookupError):
    """A delivery to a handler that this code does not have; newer code may."""


class UnknownVersion(LookupError):
    """A message whose shape this code can't read; newer code may."""


def subscribe(event: type[Event], handler: Handler, *, name: str) -> None:
    """Have `handler` called with each `event` from now on. The name is stored with each delivery: keep it."""
    handlers = _handlers.setdefault(event.name, {})
    if handlers.setdefault(name, handler) is not handler:
        raise ValueError(f"two handlers of {event.name} are named {name}")


def observe(event: type[Event], observer: Handler) -> None:
    """Have `observer` told in this process after each commit. For counters: a process that dies tells nothing."""
    _observers.setdefault(event.name, []).append(observer)


def publish(event: Event, *, now: datetime | None = None) -> None:
    """Write the message and a delivery for each handler in the caller's transaction, and nudge the relay on commit.

    Raises OutsideTransaction, and TypeError for a payload that is not plain.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(event.name)
    message = Message(
        name=event.name,
        version=event.version,
        payload=_plain(event),
        trace=propagation.current_context(),
        published_at=now or clock.now(),
    )
    _insert(message, list(_handlers.get(event.name, ())))
    if event.name in _observers:
        transaction.on_commit(partial(_tell_observers, event), robust=True)


def read(name: str, version: int, payload: dict[str, Any]) -> Event:
    """The event that a message holds. Raises UnknownEvent or UnknownVersion."""
    if name not in _classes:
        raise UnknownEvent(name)
    return _classes[name].from_payload(version, payload)


def handler_of(event: str, name: str) -> Handler:
    """Raises UnknownHandler."""
    try:
        return _handlers[event][name]
    except KeyError:
        raise UnknownHandler(f"{name} (of {event})") from None


def _tell_observers(event: Event) -> None:
    for observer in _observers[event.name]:
        observer(event)


def _plain(event: Event) -> dict[str, Any]:
    payload = asdict(event)
    _refuse_other_than_plain(payload, event.name)
    if len(json.dumps(payload)) > PAYLOAD_BYTES_MAX:
        raise TypeError(f"{event.name}: more than {PAYLOAD_BYTES_MAX} bytes of payload")
    return payload


def _refuse_other_than_plain(value: object, path: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _refuse_other_than_plain(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_other_than_plain(inner, f"{path}[]")
    elif value is not None and not isinstance(value, str | int):
        raise TypeError(f"{path}: {type(value).__name__} is not a plain value")


def _insert(message: Message, handlers: list[str]) -> None:
    """One statement for the message and all its deliveries."""
    values: dict[str, Any] = {
        "id": message.id,
        "name": message.name,
        "version": message.version,
        "payload": json.dumps(message.payload),
        "trace": json.dumps(message.trace),
        "at": message.published_at,
        "deliveries": [ids.uuid7() for _ in handlers],
        "handlers": handlers,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
    if handlers:
        nudges.on_commit(RELAY_TASK)


_INSERT = """
    WITH message AS (
        INSERT INTO outbox_message (id, name, version, payload, trace, published_at)
        VALUES (%(id)s, %(name)s, %(version)s, %(payload)s, %(trace)s, %(at)s)
        RETURNING id, published_at
    )
    INSERT INTO outbox_delivery (id, message_id, handler, state, attempts, due_at, error)
    SELECT delivery.id, message.id, delivery.handler, 'waiting', 0, message.published_at, ''
    FROM message, unnest(%(deliveries)s::uuid[], %(handlers)s::text[]) AS delivery (id, handler)
"""
