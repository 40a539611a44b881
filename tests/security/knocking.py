"""One request at one address by one actor, undone afterwards, and what came of it in one word."""

from __future__ import annotations

import copy
import re
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.security.addresses import CATCH_ALL, Address
from tests.security.world import NOBODY, World, row_of

OK, SIGN_IN, FORBIDDEN, NOT_FOUND, NOT_ALLOWED = "ok", "in", "403", "404", "405"
WORDS = {401: FORBIDDEN, 403: FORBIDDEN, 404: NOT_FOUND, 405: NOT_ALLOWED}
NAMED = re.compile(r"<(?:(\w+):)?(\w+)>")
UNKNOWN = {"uuid": NOBODY, "int": 0}
FAILED = 500


class _Undo(Exception):
    pass


def path_of(address: Address, world: World) -> str:
    """The address with a row's key in each of its places."""
    if address.route == CATCH_ALL:
        return "/admin/no-such-page/"
    values = world.values(address.name)
    if address.model and address.act in ("history", "delete", "change"):
        values["object_id"] = str(row_of(address.model))
    elif "object_id" in address.route and "payments_" in address.name:
        values["object_id"] = str(row_of("payments." + address.name.split("_")[1]))
    places = {
        place: values.get(place, UNKNOWN.get(kind, "unknown"))
        for kind, place in NAMED.findall(address.route)
    }
    return reverse(address.name, kwargs=places)


def knock(client: Client, method: str, path: str) -> Any:
    """The answer, with its `statements`; whatever the request wrote is undone."""
    extra: dict[str, Any] = {"headers": {"Idempotency-Key": "knock-knock-knock-1"}}
    if path.startswith("/api/") and method not in ("GET", "HEAD"):
        extra |= {"data": "{}", "content_type": "application/json"}
    answer, cookies = None, copy.deepcopy(client.cookies)
    try:
        with transaction.atomic(), CaptureQueriesContext(connection) as asked:
            answer = client.generic(method, path, **extra)
            raise _Undo
    except _Undo:
        client.cookies = cookies
        answer.statements = [each["sql"] for each in asked.captured_queries]
        return answer


def followed(client: Client, answer: Any) -> Any:
    """Where the back office leads on to, since that page may refuse; the sign-in is where it ends."""
    target = answer.headers.get("Location", "")
    if not target.startswith("/admin/") or "/login/" in target or answer.status_code != 302:
        return answer
    return knock(client, "GET", target)


def has_row(address: Address) -> bool:
    return row_of(address.model) not in (NOBODY, 0)


def word_of(answer: Any) -> str:
    status = answer.status_code
    assert status < FAILED or status == 503, f"{answer.request['PATH_INFO']} failed: {status}"
    if status == 302 and "/admin/login/" in answer.headers["Location"]:
        return SIGN_IN
    return WORDS.get(status, OK)
