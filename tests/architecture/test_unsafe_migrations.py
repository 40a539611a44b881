"""The gate *unsafe migrations* of `make check` refuses what the code that still runs could not live with."""

import pytest
from django_migration_linter.sql_analyser import analyse_sql_statements, get_sql_analyser_class

from tests.checks import TEST_GATES

POSTGRESQL = get_sql_analyser_class("postgresql")


def complaints(statement: str) -> set[str]:
    """Warnings count: the gate is told so."""
    errors, _ignored, warnings = analyse_sql_statements(POSTGRESQL, [statement])
    return {each.code for each in (*errors, *warnings)}


class TestGate:
    @pytest.mark.parametrize(
        ("statement", "code"),
        [
            ('ALTER TABLE "t" ADD COLUMN "c" integer NOT NULL', "NOT_NULL"),
            ('ALTER TABLE "t" ALTER COLUMN "c" SET NOT NULL', "NOT_NULL"),
            ('ALTER TABLE "t" DROP COLUMN "c" CASCADE', "DROP_COLUMN"),
            ('ALTER TABLE "t" RENAME COLUMN "a" TO "b"', "RENAME_COLUMN"),
            ('ALTER TABLE "t" RENAME TO "u"', "RENAME_TABLE"),
            ('ALTER TABLE "t" ALTER COLUMN "c" TYPE integer', "ALTER_COLUMN"),
            ('DROP TABLE "t" CASCADE', "DROP_TABLE"),
            ('CREATE INDEX "i" ON "t" ("c")', "CREATE_INDEX"),
            ('ALTER TABLE "t" ADD CONSTRAINT "u" UNIQUE ("c")', "ADD_UNIQUE"),
        ],
    )
    def test_refuses(self, statement, code):
        assert code in complaints(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            'ALTER TABLE "t" ADD COLUMN "c" integer NULL',
            'ALTER TABLE "t" ADD COLUMN "c" integer DEFAULT 0 NOT NULL',
            'CREATE INDEX CONCURRENTLY "i" ON "t" ("c")',
            'CREATE TABLE "t" ("c" integer NOT NULL)',
        ],
    )
    def test_lets_pass(self, statement):
        assert complaints(statement) == set()

    def test_is_one_of_make_check_and_strict(self):
        assert "--warnings-as-errors" in TEST_GATES["unsafe migrations"]
