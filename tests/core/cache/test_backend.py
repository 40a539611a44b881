"""The layers as a Django cache: what each method promises, with Valkey and with memory alone."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.utils.safestring import mark_safe

from core.cache import codec
from core.cache.backend import LayeredCache


@pytest.fixture(params=["shared", "alone"])
def cache(request):
    if request.param == "shared":
        return caches["default"]
    return LayeredCache("alone", {"KEY_PREFIX": "alone"})


class TestGet:
    def test_gives_what_was_set(self, cache):
        cache.set("a", {"b": [1, 2]})

        assert cache.get("a") == {"b": [1, 2]}
        assert cache.get("nothing", "else") == "else"

    @pytest.mark.parametrize(
        "value",
        [
            None, True, 3, 2.5, float("inf"), "£", b"\x00\xff", (1, (2,)), [1, (2, 3)], {1: "a", "$": 2}, {"a"},
            frozenset({1}), dt.datetime(2026, 1, 2, 3, 4, 5, 6, dt.UTC), dt.date(2026, 1, 2), dt.time(9, 15),
            dt.timedelta(days=-1, seconds=3), Decimal("1.10"), uuid4(), mark_safe("<b>"),
        ],
    )  # fmt: skip
    def test_gives_the_same_type_from_every_layer(self, cache, value):
        cache.set("a", value)
        here = cache.get("a")
        cache.layers.memory.clear()
        there = cache.get("a", here)

        assert (here, type(here)) == (value, type(value))
        assert (there, type(there)) == (value, type(value))

    def test_hands_out_nothing_that_spoils_the_cache(self, cache):
        value = {"list": [1]}
        cache.set("a", value)
        value["list"].append(2)
        cache.get("a")["list"].append(3)

        assert cache.get("a") == {"list": [1]}

    def test_hands_out_what_cannot_change_as_it_is(self, cache):
        cache.set("a", (1, "b"))

        assert cache.get("a") is cache.get("a")

    def test_refuses_what_nobody_registered(self, cache):
        with pytest.raises(codec.Uncacheable):
            cache.set("a", object())
        assert cache.get("a") is None

    @pytest.mark.parametrize("key", ["x" * 5000, "with space", "line\nbreak", "star*", "é", "[a]"])
    def test_takes_any_key(self, cache, key):
        cache.set(key, 1)

        assert cache.get(key) == 1
        assert all(len(each) < 200 for each in list(cache.layers.memory.keys()))

    def test_keeps_versions_apart(self, cache):
        cache.set("a", 1, version=1)
        cache.set("a", 2, version=2)

        assert (cache.get("a"), cache.get("a", version=2)) == (1, 2)
        assert cache.incr_version("a") == 2
        assert cache.get("a", version=2) == 1


class TestTime:
    def test_ends_lives(self, cache, moved):
        cache.set("a", 1, 60)
        cache.set("forever", 2, None)
        assert cache.get("a") == 1

        moved(61)

        assert (cache.get("a"), cache.get("forever")) == (None, 2)

    def test_is_touched(self, cache, moved):
        cache.set("a", 1, 60)
        assert cache.touch("a", 600)
        moved(61)

        assert cache.get("a") == 1
        assert not cache.touch("nothing")

    @pytest.mark.parametrize("seconds", [0, -1])
    def test_that_is_over_deletes(self, cache, seconds):
        cache.set("a", 1)
        cache.set("a", 2, seconds)

        assert cache.get("a") is None


class TestAdd:
    def test_adds_once(self, cache):
        assert cache.add("a", 1, 60)
        assert not cache.add("a", 2, 60)
        assert cache.get("a") == 1

    def test_adds_again_when_it_ended(self, cache, moved):
        cache.add("a", 1, 60)
        moved(61)

        assert cache.add("a", 2, 60)


class TestIncr:
    def test_counts(self, cache):
        cache.set("a", 40)

        assert (cache.incr("a"), cache.incr("a", 5), cache.decr("a", 4)) == (41, 46, 42)
        assert cache.get("a") == 42

    def test_refuses_what_is_not_there(self, cache):
        with pytest.raises(ValueError, match="not found"):
            cache.incr("a")


class TestDelete:
    def test_deletes_in_every_layer(self, cache):
        cache.set("a", 1)

        assert cache.delete("a")
        assert not cache.delete("a")
        assert cache.get("a") is None

    def test_deletes_many_and_by_pattern(self, cache):
        cache.set_many({"x:1": 1, "x:2": 2, "y:1": 3, "z": 4})

        cache.delete_many(["z"])
        cache.delete_pattern("x:*")

        assert cache.get_many(["x:1", "x:2", "y:1", "z"]) == {"y:1": 3}


class TestClear:
    def test_leaves_what_others_have_in_the_database(self, valkey):
        cache = caches["default"]
        valkey.set("breaker:kept", "1")
        cache.set("a", 1)

        cache.clear()

        assert cache.get("a") is None
        assert valkey.get("breaker:kept") == b"1"
        valkey.delete("breaker:kept")


class TestGetOrSet:
    def test_makes_once(self, cache):
        calls = []

        def make():
            calls.append(1)
            return (1,)

        assert [cache.get_or_set("a", make) for _ in range(3)] == [(1,)] * 3
        assert len(calls) == 1

    def test_takes_a_value(self, cache):
        assert cache.get_or_set("a", 5) == 5
        assert cache.get_or_set("a", 6) == 5
