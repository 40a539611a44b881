"""People's orders, from the database into this process's breakers. Without the database what is known stays."""

import structlog
from django.db import DatabaseError, connection

from core import clock
from core.breakers import registry
from core.breakers.models import Order
from core.breakers.policy import State

log = structlog.get_logger(__name__)


def load() -> None:
    """Each breaker obeys its newest order, or none. For a thread of its own: it gives its connection back."""
    in_transaction = connection.in_atomic_block
    try:
        apply()
    except DatabaseError as error:
        log.warning("breaker_orders_unread", error=type(error).__name__)
    finally:
        if not in_transaction:
            connection.close()


def apply() -> None:
    now = clock.now()
    newest = {order.breaker: order for order in Order.objects.newest()}
    for guard in registry.all_guards():
        order = newest.get(guard.name)
        if order is not None and order.is_in_force(now):
            left = (order.until - now).total_seconds()
            guard.obey(State(order.state), seconds=left, reason=order.reason)
        else:
            guard.obey(None)
