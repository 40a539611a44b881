"""How long it takes to prove that nothing was lost: the books of very many bookings beside the gateway's.

`python -m tests.performance.books [--bookings 100000]`: a database with that history, and a sandbox that has sold all of it
(payments, charges, refunds, balance, a payout a day, the events of 30 days). Then our own jobs over both: the comparison of the last
48 hours and of everything, the trial balance, the invariants. The gateway answers at once; `--delay-ms` makes it slower.
"""

import argparse
import itertools
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.payments.sandbox.process import Sandbox
from tests.performance import site
from tests.performance.load import Buyer, Client
from tests.stack import Stack

Json = dict[str, Any]
ORIGIN = "bench"
PROMISED = {"recent": 10.0, "full": 300.0, "trial balance": 2.0}
EVERYTHING_DAYS = 3_650
EVENTS_KEPT = timedelta(days=29)
INSERT = (
    "INSERT INTO objects (id, kind, created, payment_intent, charge, customer, type, source, private, body)"
    " VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?, ?)"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, default=100_000)
    parser.add_argument("--delay-ms", type=int, default=0, help="of each answer of the gateway")
    options = parser.parse_args()
    with site.servers() as behind:
        import django

        django.setup()
        began = time.monotonic()
        _sell(options.bookings)
        stack = Stack(folder=behind.state, delay_ms=options.delay_ms).start(only=())
        try:
            _teach(stack.sandbox)
            site.settle(behind.database)
            print(f"two sets of books after {time.monotonic() - began:.0f} s", flush=True)
            return _measure(stack)
        finally:
            stack.stop()


# --- Both books -----------------------------------------------------------------------------------


def _sell(count: int) -> None:
    """As `load_sample_catalogue --bookings`, but as the gateway's own customers."""
    from core import clock
    from core.database.patience import patience
    from courses.services import sample_history as bookings
    from invoicing.services import sample_history as papers
    from payments.services import sample_history as money

    with patience():
        paid: list[money.PaidSale] = []
        for sales in bookings.fill(bookings=count, now=clock.now()):
            paid += money.fill(sales=sales, origin=ORIGIN)
        papers.fill(paid=paid)


def _teach(sandbox: Sandbox) -> None:
    """Sells one place for real, and copies what the gateway then has of it for each payment of ours."""
    told = list(_sold_once(sandbox))
    sandbox.stop()
    with sqlite3.connect(sandbox.store / "books.sqlite3") as store:
        for name in ("objects", "deliveries", "due", "idempotency", "journal"):
            store.execute(f"DELETE FROM {name}")
        store.executemany(INSERT, _history(told))
    sandbox.start()


def _sold_once(sandbox: Sandbox) -> Iterator[Json]:
    buyer = Buyer("http://127.0.0.1:1", sandbox.base_url, sandbox.secret_key)
    gateway = Client(sandbox.base_url, {"Authorization": f"Bearer {sandbox.secret_key}"})

    def ask(path: str, body: str) -> Json:
        status, answer, _ = gateway.call("POST", path, body)
        if status != 200:
            raise RuntimeError(f"{path}: {answer}")
        return answer

    words = (
        "amount=10000&currency=gbp&confirm=true&capture_method=manual&automatic_payment_methods[enabled]=true"
        "&return_url=http%3A%2F%2F127.0.0.1%2F&metadata[operation_id]=pay-template&confirmation_token="
    )
    intent = ask("/v1/payment_intents", words + buyer.card())
    ask(f"/v1/payment_intents/{intent['id']}/capture", "")
    ask("/v1/refunds", f"payment_intent={intent['id']}&metadata[operation_id]=refund-template")
    sandbox.control("POST", "payouts", {})
    with sqlite3.connect(sandbox.store / "books.sqlite3") as store:
        rows = store.execute("SELECT private, body FROM objects ORDER BY seq").fetchall()
    return ({"private": json.loads(private), **json.loads(body)} for private, body in rows)


def _history(told: list[Json]) -> Iterator[tuple]:
    """Rows of the gateway's books in time order: what one sale left there, with each sale's ids, sums and moments."""
    by_kind: dict[str, list[Json]] = {}
    for each in told:
        by_kind.setdefault(each["object"], []).append(each)
    events = [each["type"] for each in by_kind["event"] if "payout" not in each["type"]]
    rows: list[tuple[int, Json]] = []
    carried: dict[str, list[Json]] = {}
    for payment in _payments():
        for at, body in _sale(payment, by_kind, events):
            rows.append((at, body))
            if body["object"] == "balance_transaction":
                carried.setdefault(_day(at), []).append(body)
    rows += itertools.chain.from_iterable(
        _paid_out(day, each, by_kind) for day, each in sorted(carried.items())
    )
    _store_events(body for _, body in rows if body["object"] == "event")
    rows.sort(key=lambda row: row[0])
    for at, body in rows:
        yield _row(at, body)


def _payments() -> Iterator[Json]:
    from payments.models import Payment, Refund

    refunds = {each.payment_id: each for each in Refund.objects.only("payment_id", "created_at")}
    fields = ("id", "amount_minor", "captured_at", "gateway_id", "charge_id", "operation_id")
    for row in Payment.objects.filter(status="succeeded").values(*fields).iterator(5000):
        yield row | {"refund": refunds.get(row["id"])}


def _sale(payment: Json, kinds: dict[str, list[Json]], events: list[str]) -> Iterator:
    from payments.sandbox import balance

    at, amount = int(payment["captured_at"].timestamp()), payment["amount_minor"]
    refund = payment["refund"]
    fee = (amount * balance.PERCENT_DOMESTIC + 5000) // 10000 + balance.FIXED_FEE
    charge = _like(
        kinds["charge"][0], id=payment["charge_id"], created=at, amount=amount, captured=True,
        amount_captured=amount, amount_refunded=amount if refund else 0, refunded=bool(refund),
        payment_intent=payment["gateway_id"], balance_transaction=f"txn_{payment['id']}",
        metadata={"operation_id": payment["operation_id"]},
    )  # fmt: skip
    intent = _like(
        kinds["payment_intent"][0], id=payment["gateway_id"], created=at, amount=amount,
        amount_received=amount, amount_capturable=0, status="succeeded",
        latest_charge=payment["charge_id"], metadata={"operation_id": payment["operation_id"]},
    )  # fmt: skip
    yield at, intent
    yield at, charge
    yield at, _move(kinds, "charge", f"txn_{payment['id']}", charge["id"], at, amount, fee)
    if refund is not None:
        moment = int(refund.created_at.timestamp())
        name = f"re_{ORIGIN}_{payment['id']}"
        yield moment, _like(
            kinds["refund"][0], id=name, created=moment, amount=amount, charge=charge["id"],
            payment_intent=intent["id"], balance_transaction=f"txn_r{payment['id']}",
            metadata={"operation_id": f"refund-{refund.id}"},
        )  # fmt: skip
        yield moment, _move(kinds, "refund", f"txn_r{payment['id']}", name, moment, -amount, 0)
    if payment["captured_at"] > datetime.now(UTC) - EVENTS_KEPT:
        template = kinds["event"][0]
        for number, kind in enumerate(events):
            name = f"evt_{payment['id']}_{number}"
            yield at, _like(template, id=name, created=at, type=kind, data={"object": intent})


def _move(
    kinds: dict[str, list[Json]], kind: str, name: str, source: str, at: int, amount: int, fee: int
) -> Json:
    template = next(each for each in kinds["balance_transaction"] if each["type"] == kind)
    return _like(
        template, id=name, created=at, amount=amount, fee=fee, net=amount - fee, source=source,
        available_on=at + 2 * 86400,
    )  # fmt: skip


def _paid_out(day: str, carried: list[Json], kinds: dict[str, list[Json]]) -> Iterator:
    net = sum(each["net"] for each in carried)
    at = max(each["created"] for each in carried) + 1
    name = f"po_{ORIGIN}_{day}"
    payout = _like(
        kinds["payout"][0], id=name, created=at, amount=net, arrival_date=at + 86400, status="paid",
        balance_transaction=f"txn_{day}", private={"carries": [each["id"] for each in carried]},
    )  # fmt: skip
    yield at, payout
    yield at, _move(kinds, "payout", f"txn_{day}", name, at, -net, 0)


def _store_events(events: Iterator[Json]) -> None:
    """All of them have reached us."""
    from core.database import bulk
    from payments.models import WebhookEvent

    names = (
        "id", "account", "livemode", "event_id", "type", "api_version", "object_type", "object_id",
        "payment_intent", "charge", "operation_id", "happened_at", "received_at", "state", "attempts",
        "next_attempt_at", "processed_at", "error",
    )  # fmt: skip
    keys = bulk.ids()

    def row(event: Json) -> tuple:
        at = datetime.fromtimestamp(event["created"], UTC)
        intent = event["data"]["object"]
        return (
            next(keys), "", False, event["id"], event["type"], event["api_version"], "payment_intent",
            intent["id"], intent["id"], intent["latest_charge"], intent["metadata"]["operation_id"], at, at,
            "done", 1, at, at, "",
        )  # fmt: skip

    bulk.copy(WebhookEvent, names, map(row, events))


def _like(template: Json, **changed: Any) -> Json:
    return {**template, **changed}


def _row(at: int, body: Json) -> tuple:
    body = dict(body)
    private = body.pop("private", {})
    links = [body.get(name) for name in ("payment_intent", "charge", "type", "source")]
    plain = [each if isinstance(each, str) else None for each in links]
    return (body["id"], body["object"], at, *plain, json.dumps(private), json.dumps(body))


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%d")


# --- What takes how long --------------------------------------------------------------------------


def _measure(stack: Stack) -> int:
    from django.conf import settings

    from core import clock
    from core.invariants import runner
    from payments.gateways import stripe as gateway
    from payments.services import ledger, reconciling

    settings.STRIPE_API_BASE = stack.sandbox.base_url
    settings.RECONCILE_DAYS = EVERYTHING_DAYS
    gateway._api.cache_clear()
    seconds: dict[str, float] = {}
    wrong = []
    for name, compare in {
        "full, first (fees and payouts are booked)": reconciling.full,
        "full": reconciling.full,
        "recent": reconciling.recent,
    }.items():
        row = _timed(seconds, name, lambda compare=compare: compare(now=clock.now()))
        print(f"    {row.compared}, {row.fetched_events} fetched, {row.differences} differ")
        wrong += ["the books differ"] if row.differences or row.fetched_events else []
    _timed(seconds, "trial balance", ledger.trial_balance)
    report = _timed(
        seconds,
        "invariants",
        lambda: runner.run(read_books=None, now=clock.now(), grace=timedelta(minutes=5)),
    )
    wrong += [f"{each.id}: {each.statement}" for each in report.violations]
    wrong += [f"{name} is late" for name, most in PROMISED.items() if seconds[name] > most]
    for each in wrong:
        print(f"BROKEN PROMISE: {each}")
    return int(bool(wrong))


def _timed(seconds: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    began = time.monotonic()
    answer = work()
    seconds[name] = time.monotonic() - began
    promise = f"  (promised: under {PROMISED[name]:.0f} s)" if name in PROMISED else ""
    print(f"{name}: {seconds[name]:.2f} s{promise}", flush=True)
    return answer


if __name__ == "__main__":
    sys.exit(main())
