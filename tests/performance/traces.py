"""`python -m tests.performance.traces`: how many bookings have one connected trace from the click to the mail.

Books and pays over the real web, workers, outbox, saga and sandbox with an OTLP receiver of its own, then follows
each booking: from the request that paid to the spans that sent its confirmation and its invoice, all in one trace in
which every parent is there, and with the webhook that Stripe sent for it.
"""

import argparse
import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from tests.core.tracing.collector import Collector, Received
from tests.performance import site
from tests.performance.load import Buyer, Client, Measured, UnexpectedAnswer, run
from tests.stack import Stack

WORTH = 0.99
QUIET_SECONDS = 8.0
REST_SECONDS_MAX = 300.0
TRIES_MAX = 20
# On a busy machine the answer may come before the end; the story is still told to it.
PAID_OR_WILL_BE = ("succeeded", "unknown", "processing")
COME_BACK_SECONDS = 3.0
Answer = TypeVar("Answer")
PAYING = "POST /api/v1/bookings/<str:token>/payments/"
MAIL = "send mail"


@dataclass
class Story:
    """The trace in which one booking was paid."""

    spans: list[Received] = field(default_factory=list)

    def lacks(self) -> list[str]:
        """What is missing from the click to the mail; [] for a whole story."""
        names = {each.name for each in self.spans}
        ids = {each.span.span_id for each in self.spans}
        wanted = (PAYING, "saga payment", "process stripe webhook", MAIL)
        missing = [name for name in wanted if name not in names]
        orphans = [
            each.name
            for each in self.spans
            if each.span.parent_span_id and each.span.parent_span_id not in ids
        ]
        return missing + [f"parent of {name}" for name in orphans]


def stories(received: Iterable[Received]) -> dict[str, Story]:
    """The traces with a paying request in them, by their id."""
    traces: dict[str, Story] = defaultdict(Story)
    for each in received:
        traces[each.trace_id].spans.append(each)
    return {
        trace_id: story
        for trace_id, story in traces.items()
        if any(each.name == PAYING for each in story.spans)
    }


def open_sessions(stack: Stack) -> list[str]:
    client, path, found = Client(stack.url), "/api/v1/sessions/?available=true", []
    while path:
        _, answer, _ = client.call("GET", path)
        found += [each["id"] for each in answer["results"]]
        path = answer["next"] and answer["next"].removeprefix(stack.url)
    client.connection.close()
    return found


def book(
    stack: Stack, sessions: list[str], bookings: int, clients: int, seconds: float = math.inf
) -> int:
    """So many paid bookings, through the API, or as many as that time is enough for; how many."""
    until, paid = time.monotonic() + seconds, count()

    def work(number: int, _measured: Measured) -> None:
        if time.monotonic() >= until:
            return
        buyer = Buyer(stack.url, stack.sandbox.base_url, stack.sandbox.secret_key)
        token, cookie = patiently(buyer, lambda: buyer.hold(sessions[number % len(sessions)]))
        patiently(buyer, lambda: buyer.give_details(token, cookie))
        answer = patiently(buyer, lambda: buyer.pay(token, cookie, afresh(buyer, buyer.card())))
        if answer["status"] not in PAID_OR_WILL_BE:
            raise RuntimeError(f"not paid: {answer}")
        next(paid)
        for client in (buyer.site, buyer.gateway):
            client.connection.close()

    run(work, clients=clients, operations=bookings)
    return next(paid)


def afresh(buyer: Buyer, value: Answer) -> Answer:
    """The value; and the buyer's next request has a connection of its own, since the server closes idle ones."""
    buyer.site.connection.close()
    return value


def patiently(buyer: Buyer, ask: Callable[[], Answer]) -> Answer:
    """A customer who is told to come back in a moment does: a breaker that opens on a busy machine loses nobody."""
    for _ in range(TRIES_MAX - 1):
        try:
            afresh(buyer, None)
            return ask()
        except UnexpectedAnswer as answer:
            if not str(answer).startswith("503"):
                raise
            time.sleep(COME_BACK_SECONDS)
    return ask()


def wait_until_quiet(collector: Collector, told: Callable[[], bool]) -> None:
    """Until every story is told, or nothing has come for a while."""
    until, seen, since = time.monotonic() + REST_SECONDS_MAX, -1, time.monotonic()
    while time.monotonic() < until and not told():
        if len(collector.received) != seen:
            seen, since = len(collector.received), time.monotonic()
        if time.monotonic() - since > QUIET_SECONDS:
            return
        time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=math.inf, help="at most so long")
    options = parser.parse_args()
    with Collector() as collector:
        tracing = {"JAEGER_ENDPOINT": collector.endpoint}
        with site.running_site(delay_ms=0, environment_of_site=tracing) as stack:
            sessions = open_sessions(stack)
            began = time.monotonic()
            paid = book(stack, sessions, options.bookings, options.clients, options.seconds)
            seconds = time.monotonic() - began
            stack.sandbox.drain_webhooks(60)
            wait_until_quiet(collector, lambda: len(_whole(collector)) == paid)
        return _report(collector, paid, seconds)


def _whole(collector: Collector) -> list[Story]:
    return [story for story in stories(list(collector.received)).values() if not story.lacks()]


def _report(collector: Collector, bookings: int, seconds: float) -> int:
    found = stories(collector.received)
    lacking: dict[str, int] = defaultdict(int)
    for story in found.values():
        for what in set(story.lacks()):
            lacking[what] += 1
    whole = len(_whole(collector))
    share = whole / bookings
    spans = len(collector.received)
    print(f"{bookings} bookings in {seconds:.0f} s, {spans} spans ({spans / bookings:.0f} each)")
    print(f"one connected trace from click to mail: {whole} of {bookings} ({share:.2%})")
    for what, times in sorted(lacking.items(), key=lambda each: -each[1])[:10]:
        print(f"  missing {times} times: {what}")
    return 0 if share >= WORTH else 1


if __name__ == "__main__":
    sys.exit(main())
