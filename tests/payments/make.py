"""Bookings on their way to being paid, made through the services."""

from datetime import datetime, timedelta
from typing import Any

from payments.models import Payment
from payments.services import checkout
from tests.courses.make import make_ready, make_session


def ready(*, now: datetime, days_ahead: int = 30, session: Any = None, **fields: Any) -> Any:
    """A booking that is held, with all its details."""
    session = session or make_session(on=(now + timedelta(days=days_ahead)).date())
    return make_ready(session, now=now, **fields)


def pay(
    booking: Any, sandbox: Any, card: str = "pm_card_visa", *, now: datetime, **rest: Any
) -> Payment:
    return checkout.pay(
        token=booking.token,
        confirmation_token=sandbox.confirmation_token(card),
        address="192.0.2.7",
        user_agent="a browser",
        now=now,
        **rest,
    )


def paid(sandbox: Any, *, now: datetime, **fields: Any) -> Payment:
    return pay(ready(now=now, **fields), sandbox, now=now)
