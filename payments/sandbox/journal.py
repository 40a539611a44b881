"""Every API call that came in, with its answer and without card data."""

import json
import sqlite3

from .books import Json
from .wire import Request, Response

SECRET_NAMES = frozenset({"number", "cvc"})
KEPT_HEADERS = ("stripe-version", "idempotency-key", "user-agent", "origin")
ROWS_MAX = 50_000


def write(
    connection: sqlite3.Connection, request: Request, response: Response, fault: str, now: int
) -> None:
    headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
    headers["key"] = request.key[:8]
    seq = connection.execute(
        "INSERT INTO journal (at, method, path, params, headers, status, body, request_id, fault)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            now,
            request.method,
            request.path,
            json.dumps(_scrubbed(request.params)),
            json.dumps(headers),
            response.status,
            response.body,
            request.id,
            fault,
        ),
    ).lastrowid
    if seq and seq % 1000 == 0:
        connection.execute("DELETE FROM journal WHERE seq <= ?", (seq - ROWS_MAX,))


def rows(connection: sqlite3.Connection, since: int = 0) -> list[Json]:
    found = connection.execute("SELECT * FROM journal WHERE seq > ? ORDER BY seq", (since,))
    return [
        {
            **dict(row),
            "params": json.loads(row["params"]),
            "headers": json.loads(row["headers"]),
            "body": _parsed(row["body"]),
        }
        for row in found
    ]


def _scrubbed(params: Json) -> Json:
    cleaned: Json = {}
    for name, value in params.items():
        if isinstance(value, dict):
            cleaned[name] = _scrubbed(value)
        elif name in SECRET_NAMES:
            cleaned[name] = "***"
        else:
            cleaned[name] = value
    return cleaned


def _parsed(body: str) -> object:
    try:
        return json.loads(body)
    except json.JSONDecodeError:
        return body
