"""Django's PostgreSQL backend, with our door to the pool: alive, measured, in bounded time or refused."""

import time
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.backends.postgresql import base

from core.database import pool as door
from core.database import watching
from core.database.backend import commits
from core.tracing import database as tracing


class DatabaseWrapper(base.DatabaseWrapper):
    run_on_commit: list[Any]

    def __init__(self, settings_dict: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(settings_dict, *args, **kwargs)
        pooled = settings_dict["OPTIONS"].get("pool")
        if pooled:
            pooled.setdefault("connection_class", door.PooledConnection)
        self.execute_wrappers.append(watching.watch)
        self._taken_at = 0.0

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        pool = self.pool
        if pool is None:
            return super().get_new_connection(conn_params)
        taken = door.acquire(
            pool, lambda: super(DatabaseWrapper, self).get_new_connection(conn_params)
        )
        self._taken_at = time.perf_counter()
        return taken

    def _close(self) -> None:
        if self.connection is None or self.pool is None:
            super()._close()  # type: ignore[misc]  # unknown to the stubs
            return
        pool, seconds = self.connection._pool, time.perf_counter() - self._taken_at
        super()._close()  # type: ignore[misc]  # unknown to the stubs
        if pool is not None:
            door.given_back(pool, seconds)

    def _commit(self) -> None:
        """Returns also when only the answer was lost and the server says that it was done."""
        if self.connection is None:
            return
        with self.wrap_database_errors:
            number = commits.number_of(self.connection)
        failure, began = None, time.perf_counter_ns()
        try:
            super()._commit()  # type: ignore[misc]
        except (OperationalError, InterfaceError) as error:
            failure = error
            if not number or not self.connection.closed:
                raise
            if commits.became_of(number, self._connect_anew) != "committed":
                raise
        finally:
            took = time.perf_counter_ns() - began
            tracing.tell("COMMIT", self.settings_dict["NAME"], took, failure)

    def _connect_anew(self) -> Any:
        """What is to be done after the commit is kept over the change of connections."""
        waiting = self.run_on_commit
        self.close()
        try:
            with self.wrap_database_errors:
                self.connect()
        finally:
            self.run_on_commit = waiting
        return self.connection
