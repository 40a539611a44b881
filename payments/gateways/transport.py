"""The wire to the gateway: kept-alive connections, no redirects, and a deadline that really ends a call.

Libraries count their timeout for each read, so that a server which sends a byte now and then holds a
thread for ever. Here each read may only take what is left of the whole call.
"""

import http.client
import io
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from core.breakers import deadline
from core.breakers.deadline import within

__all__ = ["ConnectFailed", "DeadlinePassed", "Wire", "within"]

CONNECT_SECONDS = 3.0
CALL_SECONDS = 10.0
IDLE_SECONDS_MAX = 20.0
ANSWER_BYTES_MAX = 4 * 1024 * 1024


class ConnectFailed(OSError):
    """No connection: nothing was sent."""


class DeadlinePassed(ConnectFailed):
    """No time is left for another call: nothing was sent."""


class _Connections(dict[tuple[str, str], Any]):
    """A thread's connections; they end with the thread."""

    def __del__(self) -> None:
        for connection in self.values():
            connection.close()


class Wire:
    """One connection for each thread and host."""

    def __init__(self, ca_file: str | None = None) -> None:
        self._mine = threading.local()
        self._ca_file = ca_file

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: str | bytes | None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Raises ConnectFailed when nothing was sent, OSError or HTTPException when nobody knows."""
        ends_at = _call_ends_at()
        parts = urlsplit(url)
        connection = self._connection(parts.scheme, parts.netloc, ends_at)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            connection.response_class = partial(_TimedResponse, ends_at)
            connection.sock.settimeout(_left(ends_at))
            connection.request(method, path, body=body, headers=dict(headers))
            response = connection.getresponse()
            answer = response.read(ANSWER_BYTES_MAX + 1)
            if len(answer) > ANSWER_BYTES_MAX:
                raise http.client.HTTPException("answer too large")
        except BaseException:
            connection.close()
            raise
        self._mine.used_at = time.monotonic()
        return answer, response.status, response.headers

    def close(self) -> None:
        for connection in getattr(self._mine, "connections", {}).values():
            connection.close()

    def _connection(self, scheme: str, netloc: str, ends_at: float) -> Any:
        connections = self._mine.__dict__.setdefault("connections", _Connections())
        connection = connections.get((scheme, netloc))
        if connection is None:
            connection = connections[scheme, netloc] = self._new(scheme, netloc)
        if connection.sock is not None and self._is_stale(connection.sock):
            connection.close()
        if connection.sock is None:
            _connect(connection, ends_at)
        return connection

    def _new(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        if scheme == "https":
            context = ssl.create_default_context(cafile=self._ca_file)
            return http.client.HTTPSConnection(netloc, context=context)
        return http.client.HTTPConnection(netloc)

    def _is_stale(self, sock: socket.socket) -> bool:
        """Idle for long, or the other side has closed it (an idle socket has nothing to read)."""
        if time.monotonic() - self._mine.used_at > IDLE_SECONDS_MAX:
            return True
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, ends_at: float, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Timed(sock, ends_at), *args, **kwargs)  # type: ignore[arg-type]


class _Timed(io.RawIOBase):
    """A socket whose every read waits no longer than the call has left."""

    def __init__(self, sock: socket.socket, ends_at: float) -> None:
        self._sock = sock
        self._ends_at = ends_at

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(_left(self._ends_at))
        return self._sock.recv_into(buffer)


def _connect(connection: http.client.HTTPConnection, ends_at: float) -> None:
    connection.timeout = min(CONNECT_SECONDS, _left(ends_at))
    try:
        connection.connect()
    except OSError as error:
        connection.close()
        raise ConnectFailed(str(error)) from error


def _call_ends_at() -> float:
    now = time.monotonic()
    shared = deadline.ends_at()
    ends_at = now + CALL_SECONDS if shared is None else min(shared, now + CALL_SECONDS)
    if ends_at <= now:
        raise DeadlinePassed("the deadline has passed")
    return ends_at


def _left(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left
