"""S72: of transactions that wait for each other one gives way, is run again, and has its effect once."""

import threading

import pytest
from django.db import OperationalError, connection, transaction
from psycopg import errors

from core.database import transactions
from core.database.transactions import is_conflict, rerun_on_conflict

ROUNDS = 5


def conflict():
    error = OperationalError("deadlock detected")
    error.__cause__ = errors.DeadlockDetected()
    return error


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(transactions, "FIRST_PAUSE_SECONDS_MAX", 0.0)


@pytest.fixture
def counters(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_counter (name text PRIMARY KEY, amount int NOT NULL)")
        cursor.execute("INSERT INTO test_counter VALUES ('a', 0), ('b', 0)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_counter")


class TestRerunOnConflict:
    @pytest.mark.parametrize(("conflicts", "tries"), [(0, 1), (1, 2), (3, 4)])
    def test_s72_up_to_three_times_more(self, transactional_db, at_once, conflicts, tries):
        made: list[int] = []

        @rerun_on_conflict
        def work():
            made.append(1)
            if len(made) <= conflicts:
                raise conflict()
            return "done"

        assert work() == "done"
        assert len(made) == tries

    def test_then_no_more(self, transactional_db, at_once):
        made: list[int] = []

        @rerun_on_conflict
        def work():
            made.append(1)
            raise conflict()

        with pytest.raises(OperationalError):
            work()
        assert len(made) == 4

    def test_nothing_else_is_run_again(self, transactional_db):
        made: list[int] = []

        @rerun_on_conflict
        def work():
            made.append(1)
            raise OperationalError("no disk")

        with pytest.raises(OperationalError):
            work()
        assert made == [1]

    def test_not_within_another_transaction(self, transactional_db):
        made: list[int] = []

        @rerun_on_conflict
        def work():
            made.append(1)
            raise conflict()

        with pytest.raises(OperationalError), transaction.atomic():
            work()
        assert made == [1]

    def test_a_refusal_that_was_made_of_one_is_known(self):
        refusal = ValueError()
        refusal.__cause__ = conflict()

        assert is_conflict(refusal)
        assert not is_conflict(ValueError())


class TestDeadlock:
    """Two that lock the same rows in opposite order, at the same moment, again and again."""

    def test_s72_each_effect_once(self, counters):
        assert self.both_ways(rerun_on_conflict) == []

        assert self.amounts() == {"a": 2 * ROUNDS, "b": 2 * ROUNDS}

    def test_without_it_some_effects_are_missing(self, counters):
        """The twin: the same deadlocks with the guard off."""
        lost = self.both_ways(lambda work: work)

        assert len(lost) == ROUNDS
        assert self.amounts() == {"a": ROUNDS, "b": ROUNDS}

    def both_ways(self, guard):
        lost: list[Exception] = []
        for _ in range(ROUNDS):
            met = threading.Barrier(2)
            hands = [
                threading.Thread(target=self.hand, args=(guard, order, met, lost))
                for order in ("ab", "ba")
            ]
            for each in hands:
                each.start()
            for each in hands:
                each.join()
        return lost

    def hand(self, guard, order, met, lost):
        first_try = [True]

        @guard
        @transaction.atomic
        def work():
            with connection.cursor() as cursor:
                self.add(cursor, order[0])
                if first_try.pop() if first_try else False:
                    met.wait(10)
                self.add(cursor, order[1])

        try:
            work()
        except OperationalError as error:
            lost.append(error)
        finally:
            connection.close()

    def add(self, cursor, name):
        cursor.execute("UPDATE test_counter SET amount = amount + 1 WHERE name = %s", [name])

    def amounts(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, amount FROM test_counter")
            return dict(cursor.fetchall())
