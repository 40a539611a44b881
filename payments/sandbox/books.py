"""A unit of work over the store: every object by its id, and the events that tell of it.

Objects are plain dictionaries in Stripe's shape. Changes are written when the unit ends, in one
transaction with their events and deliveries; two readers of one id share one dictionary.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from . import errors
from .ids import new_id

Json = dict[str, Any]

API_VERSION = "2026-10-28.endive"
EVENTS_KEPT_SECONDS = 30 * 86400

PREFIXES = {
    "balance_transaction": "txn",
    "charge": "ch",
    "confirmation_token": "ctoken",
    "customer": "cus",
    "dispute": "dp",
    "event": "evt",
    "payment_intent": "pi",
    "payment_method": "pm",
    "payout": "po",
    "radar.early_fraud_warning": "issfr",
    "refund": "re",
    "review": "prv",
    "webhook_endpoint": "we",
}
LINKS = ("payment_intent", "charge", "customer", "type", "source")


@dataclass(frozen=True)
class Cause:
    """Which request an event came from; empty for what time or the control plane did."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass
class WebhookPlan:
    """How the deliveries of new events are queued; the control plane changes it."""

    mode: str = "deliver"
    seconds: int = 0
    signature: str = "valid"
    types: tuple[str, ...] = ()

    def touches(self, event_type: str) -> bool:
        return not self.types or event_type in self.types


@dataclass
class Books:
    connection: sqlite3.Connection
    now: int
    cause: Cause = field(default_factory=Cause)
    plan: WebhookPlan = field(default_factory=WebhookPlan)
    queued: bool = False
    _loaded: dict[str, Json] = field(default_factory=dict)
    _private: dict[str, Json] = field(default_factory=dict)
    _new: dict[str, None] = field(default_factory=dict)
    _changed: dict[str, None] = field(default_factory=dict)

    def new_id(self, kind: str) -> str:
        return new_id(PREFIXES[kind])

    def add(self, body: Json, **private: Any) -> Json:
        self._loaded[body["id"]] = body
        self._private[body["id"]] = private
        self._new[body["id"]] = None
        return body

    def save(self, *bodies: Json) -> None:
        for body in bodies:
            if body["id"] not in self._new:
                self._changed[body["id"]] = None

    def get(self, kind: str, object_id: str, param: str | None = None) -> Json:
        """The object, or Stripe's 404 `resource_missing`."""
        found = self.peek(object_id)
        if found is None or found["object"] != kind:
            raise errors.missing(kind, object_id, param)
        return found

    def peek(self, object_id: str) -> Json | None:
        if object_id in self._loaded:
            return self._loaded[object_id]
        row = self.connection.execute(
            "SELECT private, body FROM objects WHERE id = ?", (object_id,)
        ).fetchone()
        return self._adopt(object_id, row) if row else None

    def private(self, object_id: str) -> Json:
        """What the sandbox knows of an object beside what it shows; save the object after a change."""
        self.peek(object_id)
        return self._private[object_id]

    def find(self, kind: str, **links: str) -> list[Json]:
        """All objects of a kind with these links, newest first."""
        self.flush()
        where = "".join(f" AND {name} = ?" for name in links)
        rows = self.connection.execute(
            f"SELECT id, private, body FROM objects WHERE kind = ?{where} ORDER BY seq DESC",  # noqa: S608
            (kind, *links.values()),
        )
        return [self._loaded.get(row["id"]) or self._adopt(row["id"], row) for row in rows]

    def emit(self, event_type: str, body: Json, previous: Json | None = None) -> None:
        """Writes the event, with the object as it is now, and queues its deliveries."""
        data: Json = {"object": json.loads(json.dumps(body))}
        if previous is not None:
            data["previous_attributes"] = previous
        twins = 2 if self.plan.mode == "twin" and self.plan.touches(event_type) else 1
        for _ in range(twins):
            self._queue(self.add(self._event(event_type, data)))

    def schedule(self, due_at: int, action: str, object_id: str) -> None:
        self.connection.execute(
            "INSERT INTO due (due_at, action, object_id) VALUES (?, ?, ?)",
            (due_at, action, object_id),
        )

    def flush(self) -> None:
        for object_id in self._new:
            self._insert(self._loaded[object_id])
        for object_id in self._changed:
            body = self._loaded[object_id]
            self.connection.execute(
                "UPDATE objects SET body = ?, private = ?, customer = ? WHERE id = ?",
                (
                    json.dumps(body),
                    json.dumps(self._private[object_id]),
                    _link(body, "customer"),
                    object_id,
                ),
            )
        self._new.clear()
        self._changed.clear()

    def _adopt(self, object_id: str, row: sqlite3.Row) -> Json:
        body: Json = json.loads(row["body"])
        self._loaded[object_id] = body
        self._private[object_id] = json.loads(row["private"])
        return body

    def _insert(self, body: Json) -> None:
        self.connection.execute(
            "INSERT INTO objects (id, kind, created, payment_intent, charge, customer, type,"
            " source, private, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                body["id"],
                body["object"],
                body.get("created", self.now),
                *(_link(body, name) for name in LINKS),
                json.dumps(self._private[body["id"]]),
                json.dumps(body),
            ),
        )

    def _event(self, event_type: str, data: Json) -> Json:
        return {
            "id": self.new_id("event"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {
                "id": self.cause.request_id,
                "idempotency_key": self.cause.idempotency_key,
            },
            "type": event_type,
        }

    def _queue(self, event: Json) -> None:
        plan = self.plan if self.plan.touches(event["type"]) else WebhookPlan()
        state = {"never": "withheld", "hold": "held"}.get(plan.mode, "waiting")
        due_at = self.now + (plan.seconds if plan.mode == "late" else 0)
        copies = 2 if plan.mode == "duplicate" else 1
        for endpoint in self._endpoints_for(event["type"]):
            for _ in range(copies):
                self.connection.execute(
                    "INSERT INTO deliveries (event, endpoint, state, due_at, signature)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (event["id"], endpoint, state, due_at, plan.signature),
                )
            event["pending_webhooks"] += 1
            self.queued = True

    def _endpoints_for(self, event_type: str) -> Iterable[str]:
        rows = self.connection.execute(
            "SELECT id, body FROM objects WHERE kind = 'webhook_endpoint'"
        )
        for row in rows:
            body = json.loads(row["body"])
            wanted = body["enabled_events"]
            if body["status"] == "enabled" and ("*" in wanted or event_type in wanted):
                yield row["id"]


def _link(body: Json, name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) else None
