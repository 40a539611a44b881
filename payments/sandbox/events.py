"""Events: what happened, as it was then; listed for 30 days and delivered again on request."""

from . import errors, params, wire
from .books import EVENTS_KEPT_SECONDS, Books, Json
from .call import Call

UNDELIVERED = (
    "SELECT COUNT(*) AS count FROM deliveries WHERE event = ? AND state NOT IN ('delivered')"
)


def retrieve(call: Call) -> Json:
    event = call.books.get("event", call.id)
    if event["created"] < call.books.now - EVENTS_KEPT_SECONDS:
        raise errors.missing("event", call.id)
    return _shown(call.books, event)


def index(call: Call) -> Json:
    """Newest first; by type, several types, created, or whether every delivery succeeded."""
    given = call.request.params
    types = given.pop("types", None)
    delivered = given.pop("delivery_success", None)
    fresh = {"gte": str(call.books.now - EVENTS_KEPT_SECONDS)}
    if types is None and delivered is None:
        created = given.get("created")
        if created is None or isinstance(created, dict):
            given["created"] = {**fresh, **(created or {})}
        return wire.listing(
            call.books, call.request, "event", links=("type",),
            show=lambda event: _shown(call.books, event),
        )  # fmt: skip
    return _chosen(call, types, delivered)


def retry(call: Call) -> Json:
    """Queues the event again for one endpoint or for all of them."""
    given = call.read(
        {"webhook_endpoint": params.text, "for_stripecli": params.anything,
         "account": params.anything}
    )  # fmt: skip
    event = call.books.get("event", call.id)
    if given.get("webhook_endpoint"):
        endpoints = [call.books.get("webhook_endpoint", given["webhook_endpoint"])]
    else:
        endpoints = call.books.find("webhook_endpoint")
    for endpoint in endpoints:
        queue(call.books, event, endpoint)
    return _shown(call.books, event)


def queue(books: Books, event: Json, endpoint: Json, signature: str = "valid") -> None:
    """One more delivery of an event, due now."""
    books.connection.execute(
        "INSERT INTO deliveries (event, endpoint, state, due_at, signature)"
        " VALUES (?, ?, 'waiting', ?, ?)",
        (event["id"], endpoint["id"], books.now, signature),
    )
    books.queued = True


def _chosen(call: Call, types: object, delivered: str | None) -> Json:
    if types is not None and not isinstance(types, list):
        raise errors.invalid("Invalid array", param="types")
    wanted = set(types or ())
    created = wire.created_filter(call.request)
    oldest = call.books.now - EVENTS_KEPT_SECONDS
    found = [
        _shown(call.books, event)
        for event in call.books.find("event")
        if (not wanted or event["type"] in wanted) and event["created"] >= oldest and created(event)
    ]
    if delivered is not None:
        success = params.flag(delivered, "delivery_success")
        found = [event for event in found if (event["pending_webhooks"] == 0) is success]
    return wire.page_of(found, call.request)


def _shown(books: Books, event: Json) -> Json:
    count = books.connection.execute(UNDELIVERED, (event["id"],)).fetchone()["count"]
    return {**event, "pending_webhooks": count}
