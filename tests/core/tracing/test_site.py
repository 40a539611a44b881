"""The whole site beside an OTLP receiver: every process sends, one booking is one trace, and nobody is in it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from redis import Redis

from config import processes
from core.embedded import children
from tests.core.tracing.collector import BlackHole, Collector
from tests.emptying import empty_what_was_touched
from tests.performance import traces
from tests.performance.load import Buyer
from tests.stack import Stack

# Not `transaction`: that would empty the tables below the running site after each test.
pytestmark = pytest.mark.django_db
BOOKINGS = 12
CLIENTS = 6
# Of four bookings at once, on a machine that has others to serve. Waiting for the hole would take minutes.
CHECKOUT_SECONDS_MAX = 60
RECYCLED, RECYCLED_SECONDS_MAX = 5, 240
CANARIES = {
    "name": "Zebulon Canaryfeather",
    "email": "zebulon.canary@example.org",
    "phone": "07700 900723",
    "needs": "an allergy to marzipanfeathers",
    "address": "77 Canarygarden Lane",
    "card": "4000002500003155",
    "agent": "Canarybrowser/7.7",
}
ID_LIKE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-|[a-z]{2,6}_[A-Za-z0-9]*[0-9][A-Za-z0-9]*[A-Z]|[0-9]{5,}"
)
END_OF_WATCH = "the watch ends"
PEERS = {"postgresql", "valkey", "stripe", "smtp"}


@dataclass
class Run:
    """A site that has sold some places, and everything that could be read of it."""

    stack: Stack
    collector: Collector
    tokens: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)

    def log_lines(self) -> list[str]:
        texts = (path.read_text() for path in sorted(self.stack.folder.glob("*.log")))
        return [line for text in texts for line in text.splitlines() if line.strip()]

    def facts(self, event: str) -> list[dict]:
        told = [json.loads(line) for line in self.log_lines()]
        return [line for line in told if line.get("event") == event]


@contextmanager
def commands_seen(run: Run) -> Iterator[None]:
    """Every command that Valkey is given meanwhile: keys, cached values, tasks with their arguments."""
    watching = threading.Event()

    def watch() -> None:
        with (
            Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None) as valkey,
            valkey.monitor() as monitor,
        ):
            watching.set()
            for said in monitor.listen():
                run.commands.append(str(said["command"]))
                if run.commands[-1].endswith(END_OF_WATCH):
                    return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    assert watching.wait(10)
    yield
    with Redis.from_url(os.environ["REDIS_URL"]) as valkey:
        valkey.echo(END_OF_WATCH)
    thread.join(10)


def buy_as_canary(run: Run, session: str) -> None:
    """A booking whose every word would be known again, with a slip of the pen on the way."""
    buyer = Buyer(run.stack.url, run.stack.sandbox.base_url, run.stack.sandbox.secret_key)
    buyer.site.headers = {"User-Agent": CANARIES["agent"]}
    token, cookie = buyer.hold(session)
    run.tokens.append(token)
    path, key = f"/api/v1/bookings/{token}/", uuid.uuid4().hex
    wrong = {"customer": {"name": CANARIES["name"], "email": f"{CANARIES['email']} oops"}}
    buyer.site.call("PATCH", path, wrong, Cookie=cookie, Idempotency_Key=uuid.uuid4().hex)
    details = {
        "customer": {
            "name": CANARIES["name"],
            "email": CANARIES["email"],
            "phone": CANARIES["phone"],
            "address": CANARIES["address"],
        },
        "attendees": [
            {"name": f"{CANARIES['name']} {CANARIES['card']}", "access_needs": CANARIES["needs"]}
        ],
    }
    status, answer, _ = buyer.site.call("PATCH", path, details, Cookie=cookie, Idempotency_Key=key)
    assert status == 200, answer
    declined = traces.afresh(buyer, buyer.card("pm_card_visa_chargeDeclined"))
    payments = f"{path}payments/"
    order = {"confirmation_token": declined, "device": {"user_agent": CANARIES["agent"]}}
    buyer.site.call("POST", payments, order, Cookie=cookie, Idempotency_Key=uuid.uuid4().hex)
    order = {"confirmation_token": traces.afresh(buyer, buyer.card())}
    for _ in range(2):
        status, answer, _ = buyer.site.call(
            "POST", payments, order, Cookie=cookie, Idempotency_Key=f"{key}-pay"
        )
        assert status == 201, answer
    traces.afresh(buyer, None)
    for page in (f"/bookings/{token}/", f"/bookings/{token[:-1]}x/", "/?q=zebulon.canary"):
        buyer.site.call("GET", page, Cookie=cookie)
    for client in (buyer.site, buyer.gateway):
        client.connection.close()


@pytest.fixture(scope="module")
def run(django_db_setup, django_db_blocker, tmp_path_factory):
    with Collector() as collector, django_db_blocker.unblock():
        stack = Stack(
            extra_environment={
                "JAEGER_ENDPOINT": collector.endpoint,
                "TRACE_SAMPLE": "1",
                "PROMETHEUS_MULTIPROC_DIR": str(tmp_path_factory.mktemp("metrics")),
            }
        )
        try:
            stack.start()
            manage = [sys.executable, "manage.py", "load_sample_catalogue"]
            environment = {**os.environ, **stack.environment()}
            subprocess.run(manage, env=environment, check=True, capture_output=True)
            run = Run(stack, collector)
            sessions = run.sessions = traces.open_sessions(stack)
            with commands_seen(run):
                traces.book(stack, sessions[1:], BOOKINGS, CLIENTS)
                buy_as_canary(run, sessions[0])
                stack.sandbox.drain_webhooks(30)
                traces.wait_until_quiet(collector, lambda: len(_whole(run)) > BOOKINGS)
            yield run
        finally:
            stack.stop()
            empty_what_was_touched()


def _whole(run: Run) -> list[traces.Story]:
    told = traces.stories(list(run.collector.received)).values()
    return [story for story in told if not story.lacks()]


class TestOneBooking:
    def test_is_one_connected_trace_from_click_to_mail(self, run):
        told = traces.stories(run.collector.received)
        lacking = {
            tuple(story.lacks()) for story in told.values() if traces.MAIL in names_of(story)
        }

        assert len(_whole(run)) == BOOKINGS + 1
        assert lacking == {()}

    def test_can_be_found_by_its_id_in_every_process(self, run):
        story = _whole(run)[0]
        services = {each.service for each in story.spans if "rft.booking" in each.attributes}

        assert services == {"rft-web", "rft-worker"}


def names_of(story: traces.Story) -> set[str]:
    return {each.name for each in story.spans}


class TestSpans:
    def test_l24_come_from_every_process_that_works(self, run):
        pids: dict[str, set[int]] = {}
        for each in run.collector.received:
            pids.setdefault(each.service, set()).add(each.pid)

        assert len(pids["rft-web"]) == 2, "both web processes"
        assert len(pids["rft-worker"]) >= 2, "both children of the worker"

    def test_have_few_names_without_ids(self, run):
        names = {each.name for each in run.collector.received}

        assert [name for name in names if ID_LIKE.search(name)] == []
        assert len(names) <= 200

    def test_of_requests_are_named_by_method_and_route(self, run):
        servers = [each for each in run.collector.received if each.span.kind == 2]

        for each in servers:
            facts = each.attributes
            route = facts.get("http.route")
            method = facts["http.request.method"]
            assert each.name == (f"{method} {route}" if route else method)
            assert {"url.scheme", "url.path", "http.response.status_code"} <= set(facts)

    def test_of_calls_name_their_peer(self, run):
        clients = [each for each in run.collector.received if each.span.kind == 3]

        assert {each.attributes["peer.service"] for each in clients} >= {
            "postgresql",
            "valkey",
            "stripe",
        }
        assert {each.attributes["peer.service"] for each in clients} <= PEERS

    def test_of_a_declined_card_are_no_errors(self, run):
        declined = [
            each
            for each in run.collector.received
            if each.name == traces.PAYING and each.attributes["http.response.status_code"] == 402
        ]

        assert declined
        assert {each.span.status.code for each in declined} == {0}

    def test_of_the_webhook_lead_back_to_the_click(self, run):
        requests = {
            each.span.span_id.hex(): each.trace_id
            for each in run.collector.received
            if each.name == "POST /webhooks/stripe/"
        }
        processed = [
            each for each in run.collector.received if each.name == "process stripe webhook"
        ]
        linked = {link.trace_id.hex() for each in processed for link in each.span.links}
        clicks = set(traces.stories(run.collector.received))

        assert linked & set(requests.values()), "found by the request that brought it"
        assert len(processed) > BOOKINGS
        assert {each.trace_id for each in processed} <= clicks


class TestCanaries:
    """S91: what a person gave is in no span, log line, metric, cache key or task."""

    def haystacks(self, run: Run) -> dict[str, str]:
        return {
            "spans": b"".join(run.collector.raw).decode(errors="replace"),
            "logs": "\n".join(run.log_lines()),
            "metrics": self.metrics(run),
            "valkey": "\n".join(run.commands),
        }

    def metrics(self, run: Run) -> str:
        with urllib.request.urlopen(f"{run.stack.url}/metrics", timeout=30) as answer:
            return answer.read().decode()

    def test_s91_are_nowhere(self, run):
        haystacks = self.haystacks(run)
        needles = {*CANARIES.values(), "Canaryfeather", *run.tokens, "sk_test_", "whsec_"}
        found = [
            (place, needle)
            for place, text in haystacks.items()
            for needle in needles
            if needle in text
        ]

        assert all(len(text) > 1000 for text in haystacks.values()), "there was something to read"
        assert found == []


class TestLogLines:
    def test_are_json_one_for_each_event_and_bounded(self, run):
        for line in run.log_lines():
            told = json.loads(line)
            assert {"event", "level", "logger", "at"} <= set(told), line
            assert len(line) <= 16_384

    def test_tell_each_request_once_and_widely(self, run):
        lines = run.facts("request")
        ids = Counter(line["request_id"] for line in lines)
        paid = [line for line in lines if line["route"].endswith("/payments/")]

        assert set(ids.values()) == {1}
        for line in paid:
            assert line["db_ms"] > 0
            assert line["queries"] > 0
            assert line["idempotency"] in ("first", "replayed")
            assert line["actor"].startswith("browser-")
            assert {"trace_id", "status", "ms", "valkey_ms", "gateway_ms", "retries"} <= set(line)
            assert line["rate_limit_left"] >= 0
        assert max(line["gateway_ms"] for line in paid) > 0
        assert "replayed" in {line["idempotency"] for line in paid}

    def test_tell_each_task_once_and_widely(self, run):
        lines = run.facts("task_done")

        assert lines
        assert set(Counter(line["task_id"] for line in lines).values()) == {1}
        assert {"ms", "db_ms", "queries", "retries", "state", "trace_id"} <= set(lines[0])


class TestRecycledChildren:
    def test_l24_send_their_spans_before_they_go(self, run):
        """Each task in a child of its own, which ends by `os._exit` right after it."""
        before = len(run.collector.received)
        run.stack.kill("worker")
        with run.stack.log("worker").open("ab") as output:
            run.stack.running["worker"] = subprocess.Popen(
                [*processes.worker(), "--max-tasks-per-child", "1"],
                env={**os.environ, **run.stack.environment()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=children.child_setup(end_signal=signal.SIGKILL, as_root=True),
            )

        until = time.monotonic() + RECYCLED_SECONDS_MAX
        while _tasks_since(run, before) < RECYCLED and time.monotonic() < until:
            time.sleep(0.2)

        assert _tasks_since(run, before) >= RECYCLED


def _tasks_since(run: Run, before: int) -> int:
    since = run.collector.received[before:]
    return len({each.pid for each in since if each.name.startswith("process ")})


class TestWithoutACollector:
    def test_s82_checkout_goes_on_beside_a_black_hole(self, run):
        with BlackHole() as collector:
            for part in ("web", "worker"):
                run.stack.kill(part)
                run.stack.launch(part, JAEGER_ENDPOINT=collector.endpoint)
            run.stack.wait_until_ready()
            began = time.monotonic()
            traces.book(run.stack, run.sessions[1:], 4, 4)
            took = time.monotonic() - began

        assert took < CHECKOUT_SECONDS_MAX
