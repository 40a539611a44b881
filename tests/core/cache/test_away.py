"""Valkey paused, gone, emptied, or its channel lost: pages hardly wait, nothing wrong is shown for long."""

import time

import pytest
from django.core.cache import caches
from redis import Redis

from core.cache import families, layers
from core.cache.backend import LayeredCache
from core.cache.codec import encode

READS = 20


@pytest.fixture
def pause(settings):
    """Valkey takes connections and answers nobody, for so long."""
    client = Redis.from_url(settings.REDIS_URL, socket_timeout=20)
    yield lambda seconds: client.client_pause(round(seconds * 1000), all=True)
    client.ping()
    client.close()


def spent_ms(work):
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


class TestPaused:
    def test_s63_twenty_reads_wait_less_than_100_ms_in_all(self, pause, family):
        kept = family()
        cache = caches["default"]
        cache.get("warm")

        def page():
            for number in range(READS // 2):
                kept.get((number,), lambda: (1,))
                cache.get(f"x{number}")

        usual = spent_ms(page)
        cache.clear()
        pause(3)

        assert spent_ms(page) - usual < 100
        assert spent_ms(page) < 50  # and from then on memory answers

    def test_s63_would_wait_for_each_with_the_gate_off(self, pause, monkeypatch):
        """The twin, without gate and breaker."""
        cache = caches["default"]
        cache.get("warm")
        line = cache.layers.line
        monkeypatch.setattr(type(line), "is_silent", False)
        monkeypatch.setattr(
            "core.cache.shared.registry.find", lambda _name: type("", (), {"call": lambda _s, work, on: work(on)})()
        )  # fmt: skip
        pause(3)

        assert spent_ms(lambda: [cache.get(f"x{number}") for number in range(READS)]) > 400

    def test_what_it_could_not_be_told_is_told_later(self, pause, listening, eventually):
        cache = caches["default"]
        cache.set("a", "old")
        pause(1)
        cache.set("a", "new")
        listening.memory.clear()
        assert cache.get("a") is None  # not the old one

        eventually(lambda: not listening.changes.waiting)

        listening.memory.clear()
        assert cache.get("a") is None


class TestGone:
    def test_s63_memory_alone_goes_on(self, settings):
        settings.CACHES["gone"] = {
            **settings.CACHES["shared"], "LOCATION": "redis://127.0.0.1:9/0",
        }  # fmt: skip
        cache = LayeredCache("gone-test", {"KEY_PREFIX": "gone", "OPTIONS": {"SHARED": "gone"}})
        try:
            cache.set("a", 1)
            assert cache.get("a") == 1
            assert cache.add("b", 1)
            assert not cache.add("b", 2)
            assert cache.incr("a") == 2
            assert cache.get_or_set("c", lambda: 3) == 3
            assert cache.delete("a")
            assert cache.get("a") is None
            cache.clear()
            assert cache.get("c") is None
        finally:
            del settings.CACHES["gone"]
            layers.known_layers.pop("gone-test")


class TestEmptied:
    def test_s64_a_flushed_valkey_costs_a_making_and_tells_nothing_wrong(self, family, layers):
        kept = family()
        kept.get((), lambda: "old")
        layers.line.client.flushdb()
        layers.forget(tags=kept.own_tags)

        assert kept.get((), lambda: "new") == "new"
        layers.changes.flush("test")
        assert kept.get((), lambda: "newer") == "new"

    def test_a_lost_generation_forgets(self, family, layers):
        kept = family()
        kept.get((), lambda: "old")
        for key in layers.line.client.scan_iter("rft:~g:*"):
            layers.line.client.delete(key)
        layers.changes.flush("test")

        assert kept.get((), lambda: "new") == "new"


class TestLostChannel:
    def test_empties_the_memory(self, listening, eventually, monkeypatch):
        """While nobody hears it another process writes: what was missed is not shown for long."""
        cache = caches["default"]
        cache.set("a", "old")
        assert cache.get("a") == "old"
        client = listening.line.client
        client.hset("rft:1:a", "p", encode("new"))

        client.client_kill_filter(_type="pubsub")

        eventually(lambda: cache.get("a") == "new", seconds=5)

    def test_shows_the_old_one_with_the_channel_kept(self, listening):
        """The twin: nobody said anything, so memory is believed."""
        cache = caches["default"]
        cache.set("a", "old")
        listening.line.client.hset("rft:1:a", "p", encode("new"))

        assert cache.get("a") == "old"


class TestADeafProcess:
    def test_asks_valkey_before_it_believes_its_memory(self, listening, monkeypatch):
        """As between the first value that is kept and the channel that hears of its end."""
        cache = caches["default"]
        cache.set("a", "old")
        listening.line.client.hset("rft:1:a", "p", encode("new"))
        monkeypatch.setattr(listening, "deaf", True)

        assert cache.get("a") == "new"

    def test_believes_its_memory_while_valkey_is_away_too(self, listening, monkeypatch):
        cache = caches["default"]
        cache.set("a", "old")
        monkeypatch.setattr(listening, "deaf", True)
        monkeypatch.setattr(listening.line, "_silent_until", float("inf"))

        assert cache.get("a") == "old"


class TestOnTheWire:
    def test_is_json_and_never_pickle(self, layers):
        caches["default"].set("a", {"when": (1, b"x")})

        stored = layers.line.client.hgetall("rft:1:a")

        assert stored[b"p"] == b'{"when":{"$":"tuple","v":[1,{"$":"bytes","v":"eA=="}]}}'

    @pytest.mark.parametrize(
        "text", [b"\x80\x04\x95", b"cos\nsystem\n", b'{"$":"os.system","v":"x"}', b'{"$":[]}']
    )
    def test_what_is_not_ours_counts_as_missing(self, layers, text):
        cache = caches["default"]
        cache.set("a", 1)
        layers.line.client.hset("rft:1:a", "p", text)
        layers.memory.clear()

        assert cache.get("a", "missing") == "missing"

    def test_other_is_a_family_too(self):
        assert families.of_key("anything") is families.OTHER
