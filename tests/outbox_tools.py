"""The one short cut of the tests: the worker's part of the outbox, done here and now."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from core.outbox import events, relay
from core.outbox.models import Delivery


def drain_outbox(*, now: datetime | None = None, may_fail: bool = False) -> int:
    """Hand every due message to its handlers, and those that they publish in turn; how many were tried.

    Fails when a handler failed, unless `may_fail`. A later `now` brings the next try of what failed before.
    """
    tried = 0
    while count := relay.relay_due(now=now):
        tried += count
    if not may_fail:
        failed = Delivery.objects.exclude(error="").values_list("handler", "error")
        assert not failed, f"handlers failed: {list(failed)}"
    return tried


@contextmanager
def subscribed(event: type[events.Event], handler: events.Handler, *, name: str) -> Iterator[None]:
    """A handler for one test."""
    events.subscribe(event, handler, name=name)
    try:
        yield
    finally:
        del events._handlers[event.name][name]
