"""Many hands at once, each on a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import connection

WAIT_SECONDS_MAX = 60


@dataclass
class Outcome:
    """What the hands got and what they were refused, in no order."""

    results: list = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def refused(self, kind: type[Exception]) -> int:
        return sum(isinstance(error, kind) for error in self.errors)


def at_once(acts: Iterable[Callable[[], object]]) -> Outcome:
    """Runs each act in a thread; all start together, and all are done when this returns."""
    acts = list(acts)
    outcome, lock = Outcome(), threading.Lock()
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            start.wait(WAIT_SECONDS_MAX)
            result = act()
            with lock:
                outcome.results.append(result)
        except Exception as error:
            with lock:
                outcome.errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,), daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS_MAX)
    assert not any(thread.is_alive() for thread in threads), "some hands hang"
    return outcome
