"""All that happened at Stripe in a span of time, page after page, newest first, in our plain values."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from payments.gateways import parsing, stripe
from payments.gateways.base import (
    GatewayBalance,
    GatewayDispute,
    GatewayEvent,
    GatewayPayment,
    GatewayPayout,
    GatewayRefund,
)

PAGE_SIZE = 100


def payments_made(since: datetime, until: datetime) -> Iterator[GatewayPayment]:
    expand = {"expand": ["data.latest_charge"]}
    return _listed("payment_intents", parsing.payment, since, until, **expand)


def refunds_made(since: datetime, until: datetime) -> Iterator[GatewayRefund]:
    return _listed("refunds", parsing.refund, since, until)


def disputes_opened(since: datetime, until: datetime) -> Iterator[GatewayDispute]:
    return _listed("disputes", parsing.dispute, since, until)


def balance_moves(
    since: datetime, until: datetime, *, payout: str = ""
) -> Iterator[GatewayBalance]:
    """All movements of our balance, or those that one payout carried."""
    only = {"payout": payout} if payout else {}
    return _listed("balance_transactions", parsing.balance, since, until, **only)


def payouts_made(since: datetime, until: datetime) -> Iterator[GatewayPayout]:
    return _listed("payouts", parsing.payout, since, until)


def events_sent(since: datetime, until: datetime) -> Iterator[GatewayEvent]:
    """Stripe keeps them for 30 days."""
    return _listed("events", parsing.event, since, until)


def _listed(
    collection: str, parse: Callable[[Mapping[str, Any]], Any], since: datetime, until: datetime,
    **rest: Any,
) -> Iterator[Any]:  # fmt: skip
    """From `since` until before `until`, both cut to whole seconds."""
    made = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
    params: dict[str, Any] = {"created": made, "limit": PAGE_SIZE, **rest}
    more = True
    while more:
        page = stripe.page(collection, params)
        yield from map(parse, page["data"])
        more = page["has_more"]
        if more:
            params = {**params, "starting_after": page["data"][-1]["id"]}
