"""S69: the connection is cut after COMMIT was sent: what became of it is looked up, so nothing is lost or done twice."""

from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction

from core.database.backend import commits
from courses.models import Booking
from tests.core.database.cutting import CuttingWire
from tests.courses.make import make_session

# Of the key, of the hold, of the answer that is kept with the key.
COMMITS = (1, 2, 3)
COMMIT_OF_THE_HOLD = 2

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wire(tmp_path_factory, transactional_db):
    """Every connection of this test goes through it."""
    facts = connection.settings_dict
    server = facts["HOST"]
    found = CuttingWire(tmp_path_factory.mktemp("w"), Path(server))
    through(str(found.folder))
    yield found
    through(server)
    found.close()


def through(host):
    connection.close()
    connection.close_pool()
    connection.settings_dict["HOST"] = host


@pytest.fixture
def table(wire):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_kept (number int)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_kept")


def insert(*, then=lambda: None):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_kept VALUES (1)")
        transaction.on_commit(then)


def kept():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM test_kept")
        return cursor.fetchone()[0]


class TestCommit:
    def test_s69_a_lost_answer_is_looked_up(self, wire, table):
        done: list[int] = []
        wire.cut_after(1)

        insert(then=lambda: done.append(1))

        assert wire.cuts == 1
        assert kept() == 1
        assert done == [1]
        assert connection.get_autocommit()

    def test_without_the_look_it_would_be_done_twice(self, wire, table, monkeypatch):
        """The twin: who gets an error for what was done does it again."""
        monkeypatch.setattr(commits, "became_of", lambda *_given: "unknown")
        wire.cut_after(1)

        with pytest.raises(OperationalError):
            insert()
        insert()

        assert kept() == 2

    def test_what_was_not_done_is_an_error(self, wire, table, monkeypatch):
        """Cut while it worked: nothing was committed, and nobody is told that it was."""
        with pytest.raises(OperationalError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO test_kept VALUES (1)")
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        assert kept() == 0

    def test_a_transaction_that_wrote_nothing_has_no_number(self, wire):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert commits.number_of(connection.connection) == ""


class TestHold:
    def hold(self, client, session):
        return client.post(
            "/api/v1/bookings/",
            {"session": str(session.pk), "places": 1},
            content_type="application/json",
            HTTP_IDEMPOTENCY_KEY="cut-in-the-commit-1",
        )

    @pytest.mark.parametrize("commits_before", COMMITS)
    def test_s69_is_held_once(self, wire, client, now, commits_before):
        session = make_session(on=now.date().replace(year=now.year + 1))
        wire.cut_after(commits_before)

        answer = self.hold(client, session)

        assert answer.status_code == 201
        assert Booking.objects.count() == 1
        again = self.hold(client, session)
        assert again.json()["token"] == answer.json()["token"]
        assert Booking.objects.count() == 1

    def test_without_the_look_it_is_held_twice(self, wire, client, now, monkeypatch):
        monkeypatch.setattr(commits, "became_of", lambda *_given: "unknown")
        session = make_session(on=now.date().replace(year=now.year + 1))
        wire.cut_after(COMMIT_OF_THE_HOLD)

        assert self.hold(client, session).status_code == 503
        assert self.hold(client, session).status_code == 201
        assert Booking.objects.count() == 2
