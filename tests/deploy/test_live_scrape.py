"""Each panel's and each alert's metric exists in a scrape of the running site, and none of them holds an id."""

import json
import re
import time
import urllib.error
import urllib.request

import pytest
from django.conf import settings
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from tests.chaos.customer import Customer
from tests.courses.make import make_session
from tests.deploy.test_watching import BOARDS, rules
from tests.stack import Stack
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)
PAID, REFUSED = "pm_card_visa", "pm_card_visa_chargeDeclined"
SECONDS_MAX = 90
# Counted for the first time when something fails: they are made by the code, and that must suffice.
NOT_FROM_THE_BEGINNING = {
    "trace_spans_dropped_total",
    "ratelimit_store_failures_total",
    "ratelimit_store_away",
    "review_limit_seconds",
    "payment_page_changed",
    "payment_page_check_age_seconds",
    "booking_probe_ok",
    "booking_probes_total",
    "crypto_key_seals",
    "invariant_broken_rows",
}
MADE_BY_PROMETHEUS = {"up", "ALERTS"}
WORDS = {
    "and", "or", "unless", "by", "on", "without", "ignoring", "group_left", "bool", "offset",
    "sum", "max", "min", "avg", "count", "topk", "rate", "increase", "absent", "time", "vector",
    "histogram_quantile", "avg_over_time", "scalar",
}  # fmt: skip
LABEL_LISTS = re.compile(r"\b(by|on|without|ignoring)\s*\([^)]*\)")
NAMES = re.compile(r"(?<![\w:.])[a-zA-Z_:][\w:]*")


def metrics_in(expression: str) -> set[str]:
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", " ", expression)
    return set(NAMES.findall(LABEL_LISTS.sub(" ", bare))) - WORDS


def asked_for() -> dict[str, set[str]]:
    """Each metric with the places that want it."""
    places: dict[str, set[str]] = {}
    for rule in rules():
        for name in metrics_in(rule["expr"]):
            places.setdefault(name, set()).add(rule.get("alert") or rule["record"])
    for file in BOARDS:
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                for name in metrics_in(target["expr"]):
                    places.setdefault(name, set()).add(f"{file.stem}: {panel['title']}")
    return places


@pytest.fixture
def site(tmp_path):
    """All processes, with one folder for their numbers, after a booking that was paid and one that was refused."""
    folder = tmp_path / "site"
    (folder / "metrics").mkdir(parents=True)
    stack = Stack(
        folder=folder, extra_environment={"PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}
    )
    try:
        stack.start()
        session = str(make_session().pk)
        for path in ("/", "/courses/emergency-first-aid-at-work/", "/api/v1/courses/"):
            # On a busy machine a cold cache may refuse the first ones.
            eventually(lambda path=path: _answers(stack.url + path), seconds=60)
        for card in (PAID, REFUSED):
            customer = Customer(stack.url, stack.sandbox.base_url, settings.STRIPE_SECRET_KEY)
            customer.hold(session)
            customer.take_card(card)
            assert customer.pay() in (201, 402)
        yield stack
    finally:
        stack.stop()


def _get(url: str, path: str) -> str:
    with urllib.request.urlopen(url + path, timeout=30) as answer:
        return answer.read().decode()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


def scrape(stack: Stack) -> dict[str, list]:
    families = text_string_to_metric_families(_get(stack.url, "/metrics"))
    found: dict[str, list] = {}
    for family in families:
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def has_beaten(found: dict[str, list]) -> bool:
    return found["worker_heartbeat_timestamp_seconds"][0].value > 0


def known_to_the_code() -> set[str]:
    """What the code can count, also before the first time."""
    return {
        name
        for family in REGISTRY.collect()
        for name in (family.name, f"{family.name}_total", f"{family.name}_bucket")
    } | {
        "review_limit_seconds",
        "payment_page_changed",
        "payment_page_check_age_seconds",
        "crypto_key_seals",
        "invariant_broken_rows",
    }


class TestScrape:
    def test_each_panels_and_alerts_metric_is_there(self, site):
        wanted = asked_for()
        recorded = {rule["record"] for rule in rules() if "record" in rule}
        must = wanted.keys() - recorded - MADE_BY_PROMETHEUS - NOT_FROM_THE_BEGINNING
        ends = time.monotonic() + SECONDS_MAX
        found = scrape(site)
        # The worker's first tasks and the mails take a moment, the first heartbeat ten seconds.
        while (must - found.keys() or not has_beaten(found)) and time.monotonic() < ends:
            found = scrape(site)

        missing = {name: wanted[name] for name in must - found.keys()}
        assert missing == {}
        assert wanted.keys() & NOT_FROM_THE_BEGINNING <= known_to_the_code()
        _holds_no_ids(found)
        _tells_of_every_kind_of_process(found)

        assert "outbox_open_deliverys" not in found


class TestMetricsIn:
    def test_finds_the_names_and_nothing_else(self):
        """The twin: a name that is misspelt is looked for."""
        expression = (
            'sum by (part) (rate(outbox_open_deliverys{part=~"a|b"}[5m])) > 0.5 or vector(0)'
        )

        assert metrics_in(expression) == {"outbox_open_deliverys"}


def _holds_no_ids(found: dict[str, list]) -> None:
    values = {
        value
        for samples in found.values()
        for sample in samples
        for value in sample.labels.values()
    }
    looks_like_one = re.compile(
        r"[0-9a-f]{8}-[0-9a-f]{4}-|(pi|ch|re|evt|cus)_\w{8,}|RFT-[A-Z0-9]{6}|@"
    )
    assert [value for value in values if looks_like_one.search(value)] == []
    routes = {
        sample.labels["route"] for sample in found["http_server_request_duration_seconds_count"]
    }
    assert len(routes) <= 200


def _tells_of_every_kind_of_process(found: dict[str, list]) -> None:
    living = {sample.labels["kind"]: sample.value for sample in found["process_living"]}
    assert living.keys() >= {"web", "worker"}
    assert sum(sample.value for sample in found["http_server_threads"]) == 16
    assert has_beaten(found)
    read = {sample.labels["part"]: sample.value for sample in found["metrics_reading_ok"]}
    assert set(read.values()) == {1.0}, read
