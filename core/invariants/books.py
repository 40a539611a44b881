"""The gateway's own records, as tables beside ours for the length of one transaction.

They come as JSON: from the sandbox's control plane, or from a file with what Stripe's list endpoints gave
(`payment_intents`, `charges`, `refunds`, `disputes`, `balance_transactions`, `events`: lists of Stripe's objects; `requests` is the sandbox's
journal and may be left out).
"""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

Json = dict[str, Any]
SECONDS_MAX = 60

TABLES = {
    "g_intents": """
        id text, status text, amount bigint, amount_received bigint, currency text, created timestamptz,
        operation_id text, booking text""",
    "g_charges": """
        id text, intent text, status text, captured boolean, amount bigint, amount_captured bigint,
        amount_refunded bigint, currency text, created timestamptz, operation_id text, booking text""",
    "g_refunds": """
        id text, charge text, intent text, status text, amount bigint, currency text, created timestamptz,
        operation_id text""",
    "g_disputes": "id text, charge text, status text, amount bigint, currency text, created timestamptz",
    "g_balance": "id text, kind text, source text, amount bigint, fee bigint, currency text, created timestamptz",
    "g_events": "id text, type text, created timestamptz, object_id text, object_type text",
    "g_requests": "at timestamptz, path text, key text, parameters text, operation_id text",
}
COLLECTIONS = {
    "g_intents": "payment_intents",
    "g_charges": "charges",
    "g_refunds": "refunds",
    "g_disputes": "disputes",
    "g_balance": "balance_transactions",
    "g_events": "events",
    "g_requests": "requests",
}


class BooksUnreadable(Exception):
    """The books could not be had or are not books."""


def fetch(source: str, *, token: str = "") -> Json:
    """The books at an address or in a file. Raises BooksUnreadable."""
    try:
        return _checked(json.loads(_read(source, token)))
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise BooksUnreadable(f"{source}: {error}") from error


def load(cursor: Any, books: Json) -> tuple[str, ...]:
    """Makes the tables and fills those that the books have a list for; returns their names."""
    for table, columns in TABLES.items():
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({columns}) ON COMMIT DROP")
    given = [table for table, name in COLLECTIONS.items() if name in books]
    for table in given:
        rows = [row for each in books[COLLECTIONS[table]] if (row := _ROWS[table](each))]
        if rows:
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - our names
        cursor.execute(f"ANALYZE {table}")
    return tuple(given)


def _read(source: str, token: str) -> str:
    if not source.startswith(("http://", "https://")):
        return Path(source).read_text()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(source, headers=headers)  # noqa: S310 - http and https only
    with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:  # noqa: S310
        return answer.read().decode()


def _checked(books: object) -> Json:
    if not isinstance(books, dict) or not isinstance(books.get("charges"), list):
        raise ValueError("these are not books: a list of charges is missing")
    return books


# --- Rows ------------------------------------------------------------------------------------------


def _moment(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _mark(each: Json, name: str) -> str:
    return (each.get("metadata") or {}).get(name, "")


def _id(value: Any) -> str:
    """A link is an id, or the object itself where the export expanded it."""
    return value["id"] if isinstance(value, dict) else value or ""


def _intent(each: Json) -> tuple:
    return (
        each["id"], each["status"], each["amount"], each.get("amount_received", 0),
        each["currency"].upper(), _moment(each["created"]), _mark(each, "operation_id"),
        _mark(each, "booking"),
    )  # fmt: skip


def _charge(each: Json) -> tuple:
    return (
        each["id"], _id(each.get("payment_intent")), each["status"], each["captured"],
        each["amount"], each["amount_captured"], each["amount_refunded"],
        each["currency"].upper(), _moment(each["created"]), _mark(each, "operation_id"),
        _mark(each, "booking"),
    )  # fmt: skip


def _refund(each: Json) -> tuple:
    return (
        each["id"], _id(each.get("charge")), _id(each.get("payment_intent")), each["status"],
        each["amount"], each["currency"].upper(), _moment(each["created"]),
        _mark(each, "operation_id"),
    )  # fmt: skip


def _dispute(each: Json) -> tuple:
    return (
        each["id"], _id(each["charge"]), each["status"], each["amount"],
        each["currency"].upper(), _moment(each["created"]),
    )  # fmt: skip


def _balance(each: Json) -> tuple:
    return (
        each["id"], each["reporting_category"], _id(each.get("source")), each["amount"], each["fee"],
        each["currency"].upper(), _moment(each["created"]),
    )  # fmt: skip


def _event(each: Json) -> tuple:
    about = each["data"]["object"]
    return each["id"], each["type"], _moment(each["created"]), about.get("id", ""), about["object"]


def _request(each: Json) -> tuple | None:
    """Only what changes something at the gateway with our secret key."""
    secret = str(each["headers"].get("key", "")).startswith(("sk_", "rk_"))
    if each["method"] != "POST" or not secret:
        return None
    parameters = each["params"]
    return (
        _moment(each["at"]), each["path"], each["headers"].get("idempotency-key", ""),
        json.dumps(parameters, sort_keys=True),
        (parameters.get("metadata") or {}).get("operation_id", ""),
    )  # fmt: skip


_ROWS = {
    "g_intents": _intent,
    "g_charges": _charge,
    "g_refunds": _refund,
    "g_disputes": _dispute,
    "g_balance": _balance,
    "g_events": _event,
    "g_requests": _request,
}
