"""No old value comes back: the three races by which caches over databases go wrong, each with its guard and without.

They are those of django-cacheops #22, #302 and #478 and of django-hierarkey #22.
"""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from core.cache import invalidation
from core.cache.invalidation import Changes
from core.cache.layers import Layers
from core.cache.shared import Shared
from courses.models import Venue
from tests.courses.make import make_venue

pytestmark = pytest.mark.django_db(transaction=True)


def name_of():
    try:
        return Venue.objects.values_list("name", flat=True).get()
    finally:
        if not connection.in_atomic_block:
            connection.close()


def rename(name):
    Venue.objects.update(name=name)


@pytest.fixture
def names(family):
    make_venue(name="old")
    return family(reads=("courses.venue",), seconds=60, hard_seconds=20)


@contextmanager
def a_reader_that_began_before(names, in_thread):
    """Reads the old row, and is still on its way to the cache while the block runs."""
    has_read, go_on = threading.Event(), threading.Event()

    def slowly():
        found = name_of()
        has_read.set()
        assert go_on.wait(20)
        return found

    answer = in_thread(lambda: names.get((), slowly))
    assert has_read.wait(20)
    yield
    go_on.set()
    assert answer() == "old"


class TestReaderFromBeforeTheCommit:
    """#302: it read the old row, and puts it into the cache after the change was committed and forgotten."""

    def test_is_not_believed(self, names, in_thread):
        with a_reader_that_began_before(names, in_thread):
            rename("new")

        assert names.get((), name_of) == "new"

    def test_is_not_believed_by_valkey_either(self, names, in_thread, layers):
        with a_reader_that_began_before(names, in_thread):
            rename("new")
        layers.changes.flush("test")

        assert names.get((), name_of) == "new"

    def test_of_another_process_is_not_believed(self, names, in_thread, layers, monkeypatch):
        """The change is only known by Valkey's generations: nobody has told this process yet."""
        with a_reader_that_began_before(names, in_thread):
            monkeypatch.setattr(layers.changes, "apply", lambda _change: None)
            rename("new")
            monkeypatch.undo()

        assert names.get((), name_of) == "new"

    def test_is_not_believed_after_a_deletion_by_pattern(self, names, in_thread, layers):
        with a_reader_that_began_before(names, in_thread):
            with connection.cursor() as cursor:  # seen by nobody
                cursor.execute("SELECT 1; UPDATE courses_venue SET name = 'new'")
            layers.forget_pattern(f"rft:1:{names.name}*")

        assert names.get((), name_of) == "new"

    def test_would_be_believed_without_the_guard(self, names, in_thread, monkeypatch):
        """The twin."""
        write = Shared.write
        monkeypatch.setattr(Changes, "may_keep", lambda *_: True)
        monkeypatch.setattr(Changes, "is_valid", lambda *_: True)
        monkeypatch.setattr(
            Shared, "write", lambda *args, **kwargs: write(*args, **{**kwargs, "generations": ""})
        )
        with a_reader_that_began_before(names, in_thread):
            rename("new")

        assert names.get((), name_of) == "old"


class TestReaderBeforeTheCommit:
    """#22: forgotten inside the transaction, read again by somebody before its commit."""

    def change(self, names, in_thread):
        assert names.get((), name_of) == "old"
        with transaction.atomic():
            rename("new")
            assert in_thread(lambda: names.get((), name_of))() == "old"

    def test_does_not_keep_the_old_value(self, names, in_thread):
        self.change(names, in_thread)

        assert names.get((), name_of) == "new"

    def test_would_keep_it_were_it_forgotten_at_once(self, names, in_thread, layers, monkeypatch):
        """The twin."""
        monkeypatch.setattr(
            "core.cache.invalidation.on_commit", lambda tags: layers.forget(tags=tuple(tags))
        )
        self.change(names, in_thread)

        assert names.get((), name_of) == "old"


class TestTransactionThatRollsBack:
    """#478: it read its own change, and somebody else is shown what never happened."""

    def roll_back(self, names):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            rename("never")
            assert names.get((), name_of) == "never"
            raise ZeroDivisionError

    @pytest.mark.parametrize("warm", [True, False])
    def test_leaves_nothing(self, names, warm):
        if warm:
            names.get((), name_of)
        self.roll_back(names)

        assert names.get((), name_of) == "old"

    def test_of_an_inner_block_only_forgets_too_much(self, names):
        with transaction.atomic():
            self.roll_back(names)

            assert names.get((), name_of) == "old"

    def test_would_leave_it_without_the_guard(self, names, monkeypatch):
        """The twin."""

        def kept(self, wish):
            entry = self.entry(wish, wish.make(), born=self.changes.count)
            self.keep(entry)
            return entry

        monkeypatch.setattr(invalidation, "is_dirty", lambda _tags: False)
        monkeypatch.setattr(Layers, "_make_here", kept)
        self.roll_back(names)

        assert names.get((), name_of) == "never"


class TestWatching:
    def test_sees_what_changes_rows(self, family):
        names = family(reads=("courses.venue:name",), seconds=60)
        venue = make_venue(name="old")

        def made_anew():
            makings = []

            def make():
                makings.append(1)
                return name_of()

            names.get((), make)
            return bool(makings)

        made_anew()
        assert not made_anew()
        Venue.objects.filter(pk=venue.pk).update(town="Hull")  # a column that nobody shows
        assert not made_anew()
        Venue.objects.filter(name="nobody").update(name="x")
        assert made_anew()
        venue.save()
        assert made_anew()
        with connection.cursor() as cursor:
            cursor.execute("WITH x AS (SELECT 1) UPDATE courses_venue SET name = 'y'")
        assert made_anew()
        venue.delete()
        make_venue(name="old")
        assert made_anew()
