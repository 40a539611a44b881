"""The control plane under `/_control/`, with its own token: faults, clock, webhooks, books."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from . import (
    balance,
    disputes,
    early_fraud_warnings,
    errors,
    events,
    journal,
    reviews,
    signatures,
    webhook_endpoints,
)
from .books import Books, Json, WebhookPlan
from .errors import StripeError
from .wire import Request, Response

if TYPE_CHECKING:
    from .app import Sandbox

MODES = ("deliver", "hold", "release", "duplicate", "twin", "reorder", "late", "never",
         "bad_signature")  # fmt: skip
REORDER_SECONDS = 1
RESET_SECONDS_MAX = 5.0

Action = Callable[["Sandbox", Json], Json]


def respond(sandbox: "Sandbox", request: Request) -> Response:
    if not sandbox.settings.control_token or request.key != sandbox.settings.control_token:
        return Response(401, json.dumps({"error": "the control plane has its own token"}))
    action = ACTIONS.get(f"{request.method} {request.path}")
    if action is None:
        return Response(404, json.dumps({"error": "no such control"}))
    try:
        order = {**request.params, **(json.loads(request.raw) if _is_json(request) else {})}
        return Response(200, json.dumps(action(sandbox, order)))
    except StripeError as error:
        return Response(error.status, json.dumps({"error": error.body}))
    except (ValueError, KeyError, TypeError) as mistake:
        return Response(400, json.dumps({"error": f"{type(mistake).__name__}: {mistake}"}))


def load_plan(sandbox: "Sandbox") -> None:
    kept = sandbox.store.setting("webhook_plan")
    plan = WebhookPlan(**json.loads(kept)) if kept else WebhookPlan()
    sandbox.plan = replace(plan, types=tuple(plan.types))
    sandbox.deliveries.newest_first = json.loads(sandbox.store.setting("newest_first") or "false")


def add_fault(sandbox: "Sandbox", order: Json) -> Json:
    return sandbox.faults.add(order)


def list_faults(sandbox: "Sandbox", order: Json) -> Json:
    return {"faults": sandbox.faults.as_json()}


def clear_faults(sandbox: "Sandbox", order: Json) -> Json:
    sandbox.faults.clear()
    return {"faults": []}


def advance_clock(sandbox: "Sandbox", order: Json) -> Json:
    """Moves the clock forward; what falls due on the way happens before the answer."""
    seconds = int(order["advance_seconds"])
    if seconds < 0:
        raise ValueError("time only moves forward")
    now = sandbox.clock.advance(seconds)
    ran = sandbox.timetable.run_due()
    sandbox.deliveries.wake()
    return {"now": now, "ran": ran}


def read_clock(sandbox: "Sandbox", order: Json) -> Json:
    return {"now": sandbox.clock.now()}


def set_delay(sandbox: "Sandbox", order: Json) -> Json:
    sandbox.delay_ms = int(order["delay_ms"])
    return {"delay_ms": sandbox.delay_ms}


def set_webhooks(sandbox: "Sandbox", order: Json) -> Json:
    """How new events are delivered from now on; `release` also sends what was held."""
    mode = str(order["mode"])
    if mode not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}")
    released = sandbox.deliveries.release() if mode in ("release", "deliver") else 0
    plan = WebhookPlan(
        mode={"release": "deliver", "bad_signature": "deliver", "reorder": "late"}.get(mode, mode),
        seconds=int(order.get("seconds", REORDER_SECONDS if mode == "reorder" else 300)),
        signature=_signature(order, "wrong_secret" if mode == "bad_signature" else "valid"),
        types=tuple(order.get("types", ())),
    )
    sandbox.store.keep_setting("webhook_plan", json.dumps(asdict(plan)))
    sandbox.store.keep_setting("newest_first", json.dumps(mode == "reorder"))
    load_plan(sandbox)
    return {**asdict(sandbox.plan), "released": released}


def drain_webhooks(sandbox: "Sandbox", order: Json) -> Json:
    """Waits until no due delivery is left."""
    return {"drained": sandbox.deliveries.drain(float(order.get("seconds", 10)))}


def send_webhook(sandbox: "Sandbox", order: Json) -> Json:
    """One delivery right now: of an event in the books (changed by `change`), or of a made-up one."""
    books = sandbox.open_books(sandbox.store.connection)
    event = books.get("event", order["event"]) if "event" in order else _made_up(books, order)
    endpoint = books.get("webhook_endpoint", order.get("endpoint", webhook_endpoints.FROM_SETTINGS))
    secret = books.private(endpoint["id"])["secret"]
    changed = {**event, **order.get("change", {})}
    pinned = {**endpoint, "api_version": changed["api_version"]}
    status, words = sandbox.deliveries.send_once(changed, pinned, secret, _signature(order))
    return {"status": status, "answer": words, "event": changed["id"]}


def retry_webhook(sandbox: "Sandbox", order: Json) -> Json:
    def queue(books: Books) -> Json:
        event = books.get("event", order["event"])
        for endpoint in books.find("webhook_endpoint"):
            events.queue(books, event, endpoint, _signature(order))
        return event

    return _written(sandbox, queue)


def export_books(sandbox: "Sandbox", order: Json) -> Json:
    """Every object by kind, oldest first, with deliveries and the journal of requests."""
    connection = sandbox.store.connection
    books: Json = {"now": sandbox.clock.now(), "objects": {}}
    for row in connection.execute("SELECT kind, body FROM objects ORDER BY seq"):
        books["objects"].setdefault(row["kind"], []).append(json.loads(row["body"]))
    named = {f"{kind.replace('.', '_')}s": found for kind, found in books.pop("objects").items()}
    for kind in ("payment_intents", "charges", "refunds", "disputes", "reviews", "events", "payouts",
                 "balance_transactions", "radar_early_fraud_warnings"):  # fmt: skip
        books[kind] = named.pop(kind, [])
    rows = connection.execute("SELECT * FROM deliveries ORDER BY seq")
    return {
        **books,
        **named,
        "deliveries": [dict(row) for row in rows],
        "requests": journal.rows(connection, int(order.get("requests_since", 0))),
        "keys": [
            dict(row)
            for row in connection.execute(
                "SELECT key, status, created FROM idempotency ORDER BY created"
            )
        ],
    }


def reset(sandbox: "Sandbox", order: Json) -> Json:
    """Empty books, real time, no faults; the endpoint of the settings stays."""
    sandbox.faults.clear()
    sandbox.deliveries.abandon(RESET_SECONDS_MAX)
    sandbox.store.clear()
    sandbox.clock.reset()
    sandbox.access.restricted.clear()
    sandbox.delay_ms = sandbox.settings.delay_ms
    load_plan(sandbox)
    sandbox.ensure_endpoint()
    return {"now": sandbox.clock.now()}


def make_dispute(sandbox: "Sandbox", order: Json) -> Json:
    return _written(
        sandbox,
        lambda books: disputes.open_for(
            books,
            _charge(books, order),
            reason=str(order.get("reason", "fraudulent")),
            amount=int(order["amount"]) if "amount" in order else None,
            inquiry=bool(order.get("inquiry", False)),
        ),
    )


def move_dispute(sandbox: "Sandbox", order: Json) -> Json:
    return _written(
        sandbox,
        lambda books: disputes.move(
            books, books.get("dispute", order["dispute"]), str(order["status"])
        ),
    )


def make_warning(sandbox: "Sandbox", order: Json) -> Json:
    return _written(
        sandbox,
        lambda books: early_fraud_warnings.add(
            books, _charge(books, order), str(order.get("fraud_type", "misc"))
        ),
    )


def close_review(sandbox: "Sandbox", order: Json) -> Json:
    return _written(
        sandbox,
        lambda books: reviews.close(
            books, books.get("review", order["review"]), str(order.get("reason", "approved"))
        ),
    )


def make_payout(sandbox: "Sandbox", order: Json) -> Json:
    def pay(books: Books) -> Json:
        payout = balance.pay_out(books)
        return balance.pay_out_arrives(books, payout) if order.get("paid", True) else payout

    return _written(sandbox, pay)


def add_key(sandbox: "Sandbox", order: Json) -> Json:
    """A restricted key (`rk_test_…`) and what it may do, as `GET /v1/events*`."""
    sandbox.access.restricted[str(order["key"])] = tuple(order.get("allow", ()))
    return {"keys": sorted(sandbox.access.restricted)}


ACTIONS: dict[str, Action] = {
    "POST /_control/faults": add_fault,
    "GET /_control/faults": list_faults,
    "DELETE /_control/faults": clear_faults,
    "POST /_control/clock": advance_clock,
    "GET /_control/clock": read_clock,
    "POST /_control/delay": set_delay,
    "POST /_control/webhooks": set_webhooks,
    "POST /_control/webhooks/drain": drain_webhooks,
    "POST /_control/webhooks/send": send_webhook,
    "POST /_control/webhooks/retry": retry_webhook,
    "GET /_control/books": export_books,
    "POST /_control/reset": reset,
    "POST /_control/disputes": make_dispute,
    "POST /_control/disputes/move": move_dispute,
    "POST /_control/early_fraud_warnings": make_warning,
    "POST /_control/reviews/close": close_review,
    "POST /_control/payouts": make_payout,
    "POST /_control/keys": add_key,
}


def _is_json(request: Request) -> bool:
    return request.raw.lstrip().startswith(b"{")


def _written(sandbox: "Sandbox", act: Callable[[Books], Json]) -> Json:
    with sandbox.store.transaction() as connection:
        books = sandbox.open_books(connection)
        made = act(books)
        books.flush()
    sandbox.deliveries.wake()
    return made


def _charge(books: Books, order: Json) -> Json:
    if "charge" in order:
        return books.get("charge", order["charge"])
    intent = books.get("payment_intent", order["payment_intent"])
    return books.get("charge", intent["latest_charge"])


def _made_up(books: Books, order: Json) -> Json:
    return {
        "id": books.new_id("event"),
        "object": "event",
        "api_version": order.get("api_version", "2026-10-28.endive"),
        "created": books.now,
        "data": {"object": order.get("object", {})},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": order["type"],
    }


def _signature(order: Json, default: str = "valid") -> str:
    kind = str(order.get("signature", default))
    if kind not in signatures.KINDS:
        raise errors.invalid(f"signature is one of {', '.join(signatures.KINDS)}")
    return kind
