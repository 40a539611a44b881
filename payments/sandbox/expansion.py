"""`expand[]`: an id in an answer is replaced by the object it names, up to four levels deep."""

from typing import Any

from . import errors
from .books import Books, Json

DEPTH_MAX = 4
EXPANDABLE = frozenset(
    {
        "balance_transaction", "charge", "customer", "failure_balance_transaction", "latest_charge",
        "payment_intent", "payment_method", "review", "source",
    }
)  # fmt: skip


def expanded(books: Books, body: Json, wanted: Any) -> Json:
    if not wanted:
        return body
    for path in wanted if isinstance(wanted, list) else [wanted]:
        steps = str(path).split(".")
        if len(steps) > DEPTH_MAX:
            raise errors.invalid(
                f"You cannot expand more than {DEPTH_MAX} levels of a property. Property: {path}",
                param="expand",
            )
        body = _expand(books, body, steps, str(path))
    return body


def _expand(books: Books, body: Json, steps: list[str], path: str) -> Json:
    name, rest = steps[0], steps[1:]
    if name == "data" and body.get("object") == "list" and rest:
        return {**body, "data": [_expand(books, item, rest, path) for item in body["data"]]}
    if name == "refunds" and body.get("object") == "charge":
        return {**body, "refunds": _refunds(books, body)}
    if name not in EXPANDABLE or name not in body:
        raise errors.invalid(f"This property cannot be expanded ({path}).", param="expand")
    value = body[name]
    if isinstance(value, str):
        value = books.peek(value)
    if value is None:
        return body
    return {**body, name: _expand(books, value, rest, path) if rest else value}


def _refunds(books: Books, charge: Json) -> Json:
    return {
        "object": "list",
        "data": books.find("refund", charge=charge["id"])[:10],
        "has_more": False,
        "url": f"/v1/charges/{charge['id']}/refunds",
    }
