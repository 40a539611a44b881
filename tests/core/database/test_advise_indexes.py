"""`manage.py advise_indexes` on a table of its own: says what is missing, builds it, and then has nothing to say."""

import json
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core.database.advising import plans
from core.embedded import postgres

ROWS = 20_000
QUESTION = "SELECT id FROM test_parcel WHERE town = %s AND weight > %s"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def statistics(django_db_setup):
    """The extension in this test database, as a superuser makes it."""
    facts = connection.settings_dict
    with psycopg.connect(
        host=facts["HOST"],
        user=postgres.SUPERUSER,
        password=_superuser_password(),
        dbname=facts["NAME"],
        autocommit=True,
    ) as made:
        made.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        made.execute("SELECT pg_stat_statements_reset()")
    yield


@pytest.fixture
def parcels(statistics):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE test_parcel (id int PRIMARY KEY, town text NOT NULL, weight int NOT NULL)"
        )
        cursor.execute(
            "INSERT INTO test_parcel SELECT n, 'town' || n %% 500, n %% 90 "
            "FROM generate_series(1, %s) AS n",
            [ROWS],
        )
        cursor.execute("ANALYZE test_parcel")
        for _ in range(20):
            cursor.execute(QUESTION, ["town7", 60])
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_parcel")


def _superuser_password():
    import os

    return os.environ["DB_SUPERUSER_PASSWORD"]


def advised(*words):
    out, status = StringIO(), 0
    try:
        call_command("advise_indexes", "--json", *words, stdout=out)
    except SystemExit as ending:
        status = ending.code
    found = json.loads(out.getvalue())["indexes"]
    return [each for each in found if each["table"] == "test_parcel"], status


class TestAdviseIndexes:
    def test_says_what_is_missing_and_why(self, parcels):
        (found,), status = advised()

        assert status == 1
        assert found["columns"] == ["town", "weight"]
        assert found["rows"] == ROWS
        assert found["serves"][0]["calls"] == 20
        assert found["built"] is None

    def test_builds_it_and_keeps_it_when_it_is_used(self, parcels):
        (found,), _ = advised("--apply")

        assert found["built"]["kept"]
        assert found["built"]["cost_after"] < found["built"]["cost_before"] / 5
        assert advised()[0] == []
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {QUESTION}", ["town7", 60])
            assert found["built"]["name"] in str(cursor.fetchall())

    def test_drops_again_what_is_not_used(self, parcels, monkeypatch):
        from core.database.advising import building

        monkeypatch.setattr(building, "WORTH_KEEPING", 0.0)

        (found,), _ = advised("--apply")

        assert not found["built"]["kept"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", [found["built"]["name"]])
            assert cursor.fetchone() == (None,)

    def test_small_tables_need_none(self, parcels):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM test_parcel WHERE id > 900")
            cursor.execute("ANALYZE test_parcel")

        assert advised()[0] == []

    def test_words_for_people(self, parcels):
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("advise_indexes", stdout=out)

        assert "test_parcel (town, weight): 20000 rows are read to find few" in out.getvalue()

    def test_without_statistics_it_says_what_to_do(self, transactional_db, monkeypatch):
        from core.database.advising import statements

        def absent(*_args, **_options):
            raise statements.NoStatistics

        monkeypatch.setattr(statements, "costliest", absent)
        with pytest.raises(CommandError, match="CREATE EXTENSION"):
            call_command("advise_indexes")


class TestPlan:
    @pytest.mark.parametrize(
        ("question", "equal", "ranged"),
        [
            ("SELECT * FROM test_parcel WHERE town = $1", ("town",), ()),
            ("SELECT * FROM test_parcel WHERE town = 'a' AND weight = 3", ("town", "weight"), ()),
            ("SELECT * FROM test_parcel WHERE weight >= $1 AND weight < $2", (), ("weight",)),
            ("SELECT * FROM test_parcel WHERE town = ANY($1)", ("town",), ()),
            ("SELECT * FROM test_parcel p WHERE p.weight BETWEEN $1 AND $2", (), ("weight",)),
        ],
    )
    def test_columns_that_choose(self, parcels, question, equal, ranged):
        with connection.cursor() as cursor:
            (scan,) = plans.of(cursor, question).scans

        assert (scan.equal, scan.ranged) == (equal, ranged)

    @pytest.mark.parametrize(
        "question",
        [
            "SELECT * FROM test_parcel WHERE id = $1",
            "SELECT * FROM test_parcel WHERE town = $1 OR weight = $2",
            "SELECT * FROM test_parcel",
        ],
    )
    def test_nothing_to_gain(self, parcels, question):
        with connection.cursor() as cursor:
            assert plans.of(cursor, question).scans == ()

    def test_what_can_t_be_explained_is_left_out(self, parcels):
        with connection.cursor() as cursor:
            assert plans.of(cursor, "SELECT * FROM nowhere") is None
