"""An empty cache in all layers, as if the process and Valkey had just begun."""

import contextlib
from functools import partial

from core.cache import history, layers, stats
from core.cache.shared import Away


def forget_caches() -> None:
    for each in layers.all_layers():
        each.changes.waiting.clear()
        each.changes.flush("test")
        if each.line is None:
            continue
        each.line.forgive()
        with contextlib.suppress(Away):
            each.line.ask(partial(_delete, prefix=each.prefix))
    stats.forget()
    history.forget()


def _delete(client, prefix: str) -> None:
    keys = list(client.scan_iter(f"{prefix}:*", count=1000))
    if keys:
        client.delete(*keys)
