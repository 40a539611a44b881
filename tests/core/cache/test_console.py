"""What staff see and do: cards, refresh, clear with its cost, clear all behind a word; and the command."""

import json
from io import StringIO

import pytest
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.urls import reverse

from core import clock
from core.audit.models import AuditEntry
from core.cache import history, keeper, metrics, stats, warming
from core.cache.families import all_families
from tests.core.backoffice.staff import of_role

pytestmark = pytest.mark.django_db
CONSOLE = "admin:cache_cachedfamily_changelist"


@pytest.fixture
def ops(client):
    client.force_login(of_role("ops"))
    return client


@pytest.fixture
def words(family, listening):
    """A family with one value, asked for four times."""
    kept = family(title="Words of a test", purpose="For the test.", cost="The next visit waits.")
    caches["default"].set(f"{kept.name}:a", 1)
    for _ in range(4):
        caches["default"].get(f"{kept.name}:a")
    return kept


def act(name, *args):
    return reverse(f"admin:cache_cachedfamily_{name}", args=args)


class TestConsole:
    def test_a_card_for_each(self, ops, words, layers):
        keeper.of(layers).report()

        page = ops.get(reverse(CONSOLE)).content.decode()

        for family in all_families().values():
            assert family.words in page
        assert "For the test." in page
        assert "100 % hits" in page
        assert "1 in 1 process" in page
        assert "4 times; 0 answered with an old value" in page

    def test_warns_of_places_that_are_too_old(self, ops, family):
        family(title="Slow places", seconds=20, shows_places=True)

        assert "places shown could be 20 s old" in ops.get(reverse(CONSOLE)).content.decode()

    def test_says_nothing_of_places_that_are_not(self, ops):
        assert "places shown could be" not in ops.get(reverse(CONSOLE)).content.decode()

    def test_who_may_not(self, client, words):
        client.force_login(of_role("office"))

        assert client.get(reverse(CONSOLE)).status_code == 403
        for address in (act("clear", words.name), act("clear_all"), act("refresh", "catalogue")):
            assert client.post(address, {"word": "clear"}).status_code == 403
        assert caches["default"].get(f"{words.name}:a") == 1


class TestClear:
    def test_says_the_cost_first(self, ops, words):
        page = ops.get(act("clear", words.name)).content.decode()

        assert "The next visit waits." in page
        assert caches["default"].get(f"{words.name}:a") == 1

    def test_clears_this_and_no_other(self, ops, words):
        caches["default"].set("else", 2)

        ops.post(act("clear", words.name))

        assert caches["default"].get(f"{words.name}:a") is None
        assert caches["default"].get("else") == 2
        entry = AuditEntry.objects.get(subject=f"cache.family:{words.name}")
        assert entry.action == "clear"

    def test_unknown(self, ops):
        assert ops.post(act("clear", "nothing")).status_code == 404
        assert ops.post(act("refresh", "nothing")).status_code == 404


class TestClearAll:
    @pytest.mark.parametrize("word", ["", "yes", "clear it"])
    def test_wants_the_word(self, ops, words, word):
        page = ops.post(act("clear_all"), {"word": word})

        assert page.status_code == 200
        assert caches["default"].get(f"{words.name}:a") == 1
        assert not AuditEntry.objects.exists()

    def test_clears(self, ops, words):
        assert ops.post(act("clear_all"), {"word": "Clear"}).status_code == 302

        assert caches["default"].get(f"{words.name}:a") is None
        assert AuditEntry.objects.get().subject == "cache.family:all"


class TestRefresh:
    def test_reads_anew(self, ops):
        page = ops.post(act("refresh", "catalogue"), follow=True).content.decode()

        assert "The catalogue was read anew" in page
        assert AuditEntry.objects.get().action == "refresh"


class TestWarmCache:
    def test_warms_and_says_so(self):
        out = StringIO()
        call_command("warm_cache", "--json", stdout=out)

        assert {each["name"] for each in json.loads(out.getvalue())} == set(warming.all_warmers())

    def test_refuses_what_is_not_there(self):
        with pytest.raises(CommandError, match="No such warmer: nothing"):
            call_command("warm_cache", "nothing")

    def test_goes_on_when_one_fails(self, monkeypatch):
        broken = warming.Warmer(lambda: 1 // 0)
        monkeypatch.setattr(warming, "_warmers", {"broken": broken, **warming.all_warmers()})

        out = StringIO()
        with pytest.raises(CommandError, match="Not all"):
            call_command("warm_cache", stdout=out)

        assert "broken: failed: ZeroDivisionError" in out.getvalue()
        assert "catalogue: 3 values" in out.getvalue()


class TestNumbers:
    def test_reach_monitoring_by_layer_and_family(self, words, layers):
        counter = metrics.requests_total.labels(words.name, "local")
        before = counter._value.get()

        keeper.of(layers).report()
        keeper.of(layers).report()

        assert counter._value.get() == before + 4
        assert metrics.entries.labels(words.name)._value.get() == 1

    def test_are_kept_by_the_hour_for_all_processes(self, words, layers):
        keeper.of(layers).report()
        stats.forget()

        hours = history.hours(layers, at=clock.now().timestamp())[words.name]

        assert len(hours) == 24
        assert hours[-1].counts["local"] == 4
        assert hours[-1].rate == 100
