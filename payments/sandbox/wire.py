"""Stripe's wire: form bodies with brackets in, JSON out, lists by cursor, expansion of ids."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from . import errors
from .books import Books, Json
from .ids import new_id

BODY_BYTES_MAX = 1_000_000
EXPANSION_DEPTH_MAX = 4
LIST_PARAMS = frozenset(
    {"limit", "starting_after", "ending_before", "created", "expand", "client_secret"}
)


@dataclass
class Request:
    method: str
    path: str
    params: Json
    headers: dict[str, str]
    base_url: str
    key: str = ""
    id: str = field(default_factory=lambda: new_id("req"))
    socket: Any = None
    raw: bytes = b""

    @property
    def version(self) -> str:
        return self.headers.get("stripe-version", "")

    @property
    def speaks_endive(self) -> bool:
        """No version header means the account's default, which is still dahlia."""
        return self.version.endswith(".endive")

    @property
    def publishable(self) -> bool:
        return self.key.startswith("pk_")


@dataclass
class Response:
    status: int
    body: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    mime: str = "application/json"


def read(environ: dict[str, Any]) -> Request:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    raw = environ["wsgi.input"].read(min(length, BODY_BYTES_MAX)) if length else b""
    text = environ.get("QUERY_STRING", "")
    mime = environ.get("CONTENT_TYPE", "")
    if raw and mime.startswith("application/x-www-form-urlencoded"):
        text = (
            f"{text}&{raw.decode('utf-8', 'replace')}" if text else raw.decode("utf-8", "replace")
        )
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        params=decode(text),
        headers=headers,
        base_url=f"http://{headers.get('host', '127.0.0.1')}",
        key=_key(headers.get("authorization", "")),
        socket=environ.get("gunicorn.socket"),
        raw=raw,
    )


def decode(text: str) -> Json:
    """`a[b][0]=x&c[]=y` becomes `{"a": {"b": ["x"]}, "c": ["y"]}`."""
    tree: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, *rest = name.replace("]", "").split("[")
        if not rest:
            tree[head] = value
            continue
        _graft(tree, [head, *rest], value)
    return {name: _lists(value) for name, value in tree.items()}


def answer(body: Json, status: int = 200) -> Response:
    return Response(status, json.dumps(body, indent=None, separators=(", ", ": ")))


def listing(
    books: Books,
    request: Request,
    kind: str,
    *,
    links: Iterable[str] = (),
    show: Callable[[Json], Json] | None = None,
    **fixed: str,
) -> Json:
    """One page of a kind, newest first, by Stripe's cursors; unknown parameters are refused."""
    links = tuple(links)
    _refuse_unknown(request.params, LIST_PARAMS.union(links))
    where, values = ["kind = ?"], [kind]
    for name in links:
        if request.params.get(name):
            where.append(f"{name} = ?")
            values.append(str(request.params[name]))
    for name, value in fixed.items():
        where.append(f"{name} = ?")
        values.append(value)
    _created(request.params.get("created"), where, values)
    found, more = _page(books, request.params, where, values)
    data = [show(body) if show else body for body in found]
    return {"object": "list", "data": data, "has_more": more, "url": request.path}


def page_of(found: list[Json], request: Request) -> Json:
    """The same page shape over objects that were chosen in Python."""
    limit = _limit(request.params)
    after = request.params.get("starting_after")
    before = request.params.get("ending_before")
    ids = [body["id"] for body in found]
    start = ids.index(after) + 1 if after in ids else 0
    end = ids.index(before) if before in ids else len(ids)
    if before in ids:
        start = max(start, end - limit)
    rest = found[start:end]
    return {
        "object": "list",
        "data": rest[:limit],
        "has_more": len(rest) > limit or (before in ids and start > 0),
        "url": request.path,
    }


def created_filter(request: Request) -> Callable[[Json], bool]:
    """The `created` parameter as a test of one object."""
    tests = _created_bounds(request.params.get("created"))
    return lambda body: all(test(body["created"], bound) for test, bound in tests)


def _key(authorization: str) -> str:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _graft(tree: Json, path: list[str], value: str) -> None:
    branch: Json = tree
    for name in path[:-1]:
        below = branch.setdefault(name, {})
        if not isinstance(below, dict):
            raise errors.invalid(f"Invalid parameter: {name}", param=name)
        branch = below
    last = path[-1]
    branch[str(len(branch)) if last == "" else last] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    cleaned = {name: _lists(item) for name, item in value.items()}
    if cleaned and all(name.isdigit() for name in cleaned):
        return [cleaned[name] for name in sorted(cleaned, key=int)]
    return cleaned


def _refuse_unknown(params: Json, known: frozenset[str]) -> None:
    for name in params:
        if name not in known:
            raise errors.parameter_unknown(name)


def _limit(params: Json) -> int:
    value = str(params.get("limit", "10"))
    if not value.isdigit():
        raise errors.not_an_integer("limit", value)
    if not 1 <= int(value) <= 100:
        raise errors.invalid(
            "Invalid integer: limit must be between 1 and 100.",
            code="parameter_invalid_integer",
            param="limit",
        )
    return int(value)


OPERATORS: dict[str, tuple[str, Callable[[int, int], bool]]] = {
    "gt": (">", lambda left, right: left > right),
    "gte": (">=", lambda left, right: left >= right),
    "lt": ("<", lambda left, right: left < right),
    "lte": ("<=", lambda left, right: left <= right),
}


def _created_bounds(value: Any) -> list[tuple[Callable[[int, int], bool], int]]:
    if value is None:
        return []
    if not isinstance(value, dict):
        return [(lambda left, right: left == right, _moment(value))]
    return [(OPERATORS[name][1], _moment(bound)) for name, bound in value.items() if _known(name)]


def _created(value: Any, where: list[str], values: list[Any]) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        where.append("created = ?")
        values.append(_moment(value))
        return
    for name, bound in value.items():
        _known(name)
        where.append(f"created {OPERATORS[name][0]} ?")
        values.append(_moment(bound))


def _known(name: str) -> bool:
    if name not in OPERATORS:
        raise errors.parameter_unknown(f"created[{name}]")
    return True


def _moment(value: Any) -> int:
    if not str(value).isdigit():
        raise errors.not_an_integer("created", value)
    return int(value)


def _page(
    books: Books, params: Json, where: list[str], values: list[Any]
) -> tuple[list[Json], bool]:
    limit = _limit(params)
    backwards = "ending_before" in params and "starting_after" not in params
    for name, sign in (("starting_after", "<"), ("ending_before", ">")):
        if name in params:
            where.append(f"seq {sign} ?")
            values.append(_seq(books, params[name], name))
    order = "ASC" if backwards else "DESC"
    rows = books.connection.execute(
        f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?",  # noqa: S608
        (*values, limit + 1),
    ).fetchall()
    found = [json.loads(row["body"]) for row in rows[:limit]]
    return (found[::-1] if backwards else found), len(rows) > limit


def _seq(books: Books, object_id: str, param: str) -> int:
    row = books.connection.execute("SELECT seq FROM objects WHERE id = ?", (object_id,)).fetchone()
    if row is None:
        raise errors.invalid(f"No such object: '{object_id}'", code="resource_missing", param=param)
    return int(row["seq"])
