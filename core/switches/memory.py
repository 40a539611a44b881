"""What this process knows of the switches: read again every few seconds by the thread that hears of breakers."""

import time
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, connection

from core import clock

if TYPE_CHECKING:
    from core.switches.models import SwitchOrder

log = structlog.get_logger(__name__)
READ_SECONDS = 3.0


class Name(StrEnum):
    SELLING = "stop-selling"
    CARDS = "stop-card-payments"
    REVIEW = "review-everything"
    MAINTENANCE = "maintenance-page"


_orders: dict[str, "SwitchOrder"] = {}
_read_at = float("-inf")


def is_on(name: Name, *, now: datetime | None = None) -> bool:
    return order_of(name, now=now) is not None


def order_of(name: Name, *, now: datetime | None = None) -> "SwitchOrder | None":
    """Who has it switched on and why; None while it is off."""
    order = _orders.get(name)
    if order is None or not order.is_in_force(now or clock.now()):
        return None
    return order


def read() -> None:
    """Each switch as its newest order says; the whole known, or what was known before."""
    global _orders, _read_at
    from core.switches.models import SwitchOrder

    _orders = {order.name: order for order in SwitchOrder.objects.newest()}
    _read_at = time.monotonic()


def read_now_and_then() -> None:
    """For the thread: gives its connection back."""
    if time.monotonic() - _read_at < READ_SECONDS:
        return
    try:
        read()
    except DatabaseError as error:
        log.warning("switches_unread", error=type(error).__name__)
    finally:
        connection.close()
