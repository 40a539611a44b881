"""A span and a count for each command to Valkey. Keys and values are not told: a key can hold what a page was made for."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import redis.client
from opentelemetry import trace

from core.tracing import provider, work

PEER = "valkey"
PIPELINE = "PIPELINE"
FACTS = {"db.system.name": "redis", "peer.service": PEER}


def connect() -> None:
    """Watch every client from now on; called once, from `ready()`."""
    client: Any = redis.client.Redis
    pipeline: Any = redis.client.Pipeline
    if not hasattr(client.execute_command, "__wrapped__"):
        client.execute_command = _watched(client.execute_command, _verb)
        pipeline.execute = _watched(pipeline.execute, lambda _words: PIPELINE)


def _watched(method: Callable[..., Any], name: Callable[[tuple[Any, ...]], str]) -> Any:
    @wraps(method)
    def watched(self: Any, *words: Any, **options: Any) -> Any:
        tally = work.current()
        recording = trace.get_current_span().is_recording()
        if tally is None and not recording:
            return method(self, *words, **options)
        began, moment, failure = time.perf_counter_ns(), time.time_ns(), None
        try:
            return method(self, *words, **options)
        except Exception as error:
            failure = error
            raise
        finally:
            if recording:
                provider.leaf(name(words), FACTS, moment, failure)
            if tally is not None:
                tally.add(work.VALKEY, time.perf_counter_ns() - began)

    return watched


def _verb(words: tuple[Any, ...]) -> str:
    """The command's name; a name of more than letters is no command."""
    verb = str(words[0]).split(" ")[0].upper() if words else ""
    return verb if verb.isalpha() else "COMMAND"
