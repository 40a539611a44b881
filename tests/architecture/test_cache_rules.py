"""What the cache must never do: decide anything, run code from the network, or hold what is one person's."""

import ast
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.checks import run_checks

from core.cache import families
from core.cache.http import PLACES_SECONDS_MAX
from core.embedded.folders import REPOSITORY

APPS = ("courses", "payments", "invoicing", "fraud")
DECIDING = (
    "services", "models", "models.py", "selectors.py", "policy.py", "pricing.py", "sagas.py", "refund_saga.py",
    "stray_saga.py", "gateways", "numbering.py", "tax.py", "scoring.py", "risk_signals", "history",
)  # fmt: skip
FORBIDDEN = ("django.core.cache", "core.cache", "django_redis", "courses.shown")
PICKLES = ("pickle", "marshal", "shelve", "dill")


def files_of(*roots: Path):
    for root in roots:
        yield from [root] if root.is_file() else root.rglob("*.py")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def breaches(paths, forbidden):
    return sorted(
        f"{path.relative_to(REPOSITORY)}: {name}"
        for path in paths
        for name in imported(path)
        if any(name == each or name.startswith(f"{each}.") for each in forbidden)
    )


class TestWhoDecides:
    def test_cannot_ask_the_cache(self):
        places = [REPOSITORY / app / name for app in APPS for name in DECIDING]
        paths = list(files_of(*(each for each in places if each.exists())))

        assert len(paths) > 50
        assert breaches(paths, FORBIDDEN) == []

    def test_cannot_either_in_the_machinery_of_money(self):
        parts = ("sagas", "outbox", "idempotency", "audit", "invariants", "crypto")
        paths = files_of(*(REPOSITORY / "core" / part for part in parts))

        assert breaches((path for path in paths if "admin" not in str(path)), FORBIDDEN) == []

    def test_the_rule_would_find_one(self):
        """The twin: a door that does use it."""
        assert breaches([REPOSITORY / "courses/views/course.py"], FORBIDDEN)


class TestTheNetwork:
    def test_brings_no_pickle(self):
        assert breaches(files_of(REPOSITORY / "core/cache"), PICKLES) == []
        assert "pickle" not in repr(caches.settings["shared"]).lower()
        for options in caches.settings.values():
            serializer = options.get("OPTIONS", {}).get("SERIALIZER", "json")
            if (
                options["BACKEND"].startswith("django_redis")
                and options is not caches.settings["ratelimit"]
            ):
                assert "json" in serializer.lower()


class TestFamilies:
    def test_show_places_for_15_seconds_at_most(self):
        showing = [each for each in families.all_families().values() if each.shows_places]

        assert len(showing) >= 3
        for family in showing:
            assert family.oldest_seconds <= PLACES_SECONDS_MAX
            assert family.local_seconds <= family.seconds

    def test_read_nobodys_personal_rows(self):
        personal = ("courses.customer", "courses.attendee", "payments.", "fraud.", "invoicing.")
        for family in families.all_families().values():
            if not family.personal:
                assert not [each for each in family.reads if each.startswith(personal)]

    @pytest.mark.parametrize("name", ["title", "purpose", "cost"])
    def test_say_in_words_what_they_are(self, name):
        for family in families.all_families().values():
            if not family.name.startswith(("test-", "fleet")):
                assert getattr(family, name), family.name


class TestChecks:
    def test_refuse_places_that_could_be_too_old(self):
        found = families.register(families.Family("test-old", seconds=20, shows_places=True))
        try:
            assert "cache.E002" in {each.id for each in run_checks(tags=["caches"])}
        finally:
            families.unregister(found.name)

    def test_refuse_a_cache_without_a_prefix(self, settings):
        settings.CACHES = {"default": {"BACKEND": "core.cache.backend.LayeredCache"}}
        assert "cache.E001" in {each.id for each in run_checks(tags=["caches"])}

    def test_warn_of_too_much_patience(self, settings):
        settings.CACHE_SHARED_MS_MAX = 500
        assert "cache.W001" in {each.id for each in run_checks(tags=["caches"])}
