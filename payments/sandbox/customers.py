"""Customers, as small as the shop needs them."""

from . import params, wire
from .books import Json
from .call import Call

SHAPE = {
    "address": params.table(params.ADDRESS),
    "description": params.text,
    "email": params.text,
    "metadata": params.metadata,
    "name": params.text,
    "phone": params.text,
    "shipping": params.table(params.SHIPPING),
}


def create(call: Call) -> Json:
    given = call.read(SHAPE)
    customer = call.books.add(_build(call, given))
    call.books.emit("customer.created", customer)
    return customer


def retrieve(call: Call) -> Json:
    return call.books.get("customer", call.id)


def index(call: Call) -> Json:
    return wire.listing(call.books, call.request, "customer")


def _build(call: Call, given: Json) -> Json:
    return {
        "id": call.books.new_id("customer"),
        "object": "customer",
        "address": given.get("address"),
        "balance": 0,
        "created": call.books.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": given.get("description"),
        "discount": None,
        "email": given.get("email"),
        "invoice_prefix": "SANDBOX",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": params.merged({}, given.get("metadata") or {}),
        "name": given.get("name"),
        "next_invoice_sequence": 1,
        "phone": given.get("phone"),
        "preferred_locales": [],
        "shipping": given.get("shipping"),
        "tax_exempt": "none",
        "test_clock": None,
    }
