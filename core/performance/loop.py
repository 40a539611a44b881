"""Under ASGI: how late the event loop runs what is due. A callback that blocks it delays every request at once."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from core.performance import metrics, recorder

TICK_SECONDS = 0.1
App = Callable[[Any, Any, Any], Awaitable[None]]


class LoopWatch:
    """Wraps an ASGI application; watches the loop that serves it, from the first request on."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.watched: tuple[int, asyncio.AbstractEventLoop] | None = None
        self.watcher: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        here = (os.getpid(), asyncio.get_running_loop())
        if self.watched != here:
            self.watched = here
            self.watcher = here[1].create_task(watch())
        await self.app(scope, receive, send)


async def watch() -> None:
    while True:
        due = time.perf_counter() + TICK_SECONDS
        await asyncio.sleep(TICK_SECONDS)
        late = max(0.0, time.perf_counter() - due)
        metrics.loop_lag_seconds.observe(late)
        recorder.add(recorder.PROCESS, "web", "event loop lag", ms=late * 1000)
