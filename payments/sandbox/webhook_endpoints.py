"""Webhook endpoints: where events go, and the secret that signs them, shown only at creation."""

import secrets

from . import params, wire
from .books import API_VERSION, Books, Json
from .call import Call

CREATE = {
    "url": params.text,
    "enabled_events": params.items(params.text),
    "api_version": params.text,
    "description": params.text,
    "metadata": params.metadata,
    "connect": params.flag,
}
UPDATE = {**CREATE, "disabled": params.flag}
FROM_SETTINGS = "we_from_settings"


def create(call: Call) -> Json:
    given = call.read(CREATE, required=("url", "enabled_events"))
    secret = f"whsec_{secrets.token_hex(16)}"
    endpoint = _build(call.books, call.books.new_id("webhook_endpoint"), given)
    call.books.add(endpoint, secret=secret)
    return {**endpoint, "secret": secret}


def retrieve(call: Call) -> Json:
    return call.books.get("webhook_endpoint", call.id)


def index(call: Call) -> Json:
    return wire.listing(call.books, call.request, "webhook_endpoint")


def update(call: Call) -> Json:
    given = call.read(UPDATE)
    endpoint = call.books.get("webhook_endpoint", call.id)
    for name in ("url", "enabled_events", "description", "metadata"):
        if name in given:
            endpoint[name] = given[name]
    if "disabled" in given:
        endpoint["status"] = "disabled" if given["disabled"] else "enabled"
    call.books.save(endpoint)
    return endpoint


def delete(call: Call) -> Json:
    endpoint = call.books.get("webhook_endpoint", call.id)
    call.books.connection.execute("DELETE FROM objects WHERE id = ?", (endpoint["id"],))
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def ensure(books: Books, url: str, secret: str, enabled_events: list[str]) -> None:
    """The endpoint that the settings name is there, with the address of today."""
    given = {"url": url, "enabled_events": enabled_events, "description": "From the settings"}
    if books.peek(FROM_SETTINGS) is None:
        books.add(_build(books, FROM_SETTINGS, given), secret=secret)
        return
    endpoint = books.get("webhook_endpoint", FROM_SETTINGS)
    endpoint.update(given)
    books.private(FROM_SETTINGS)["secret"] = secret
    books.save(endpoint)


def _build(books: Books, endpoint_id: str, given: Json) -> Json:
    return {
        "id": endpoint_id,
        "object": "webhook_endpoint",
        "api_version": given.get("api_version", API_VERSION),
        "application": None,
        "created": books.now,
        "description": given.get("description"),
        "enabled_events": given["enabled_events"],
        "livemode": False,
        "metadata": given.get("metadata") or {},
        "status": "enabled",
        "url": given["url"],
    }
