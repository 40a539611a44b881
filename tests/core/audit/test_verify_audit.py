"""`verify_audit` finds whatever was done to the trail."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from structlog.testing import capture_logs

from core.audit import selectors, tasks
from tests.core.audit.test_services import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail():
    for _ in range(5):
        record("a:1")
    record("b:1")


def tamper(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_rows_only_grow")
        cursor.execute(statement)


def run(*arguments: str) -> tuple[int, dict]:
    out = StringIO()
    try:
        call_command("verify_audit", "--json", *arguments, stdout=out)
    except SystemExit as ended:
        return ended.code, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


@pytest.mark.usefixtures("trail")
class TestVerifyAudit:
    def test_finds_nothing_in_a_whole_trail(self):
        status, report = run()

        assert (status, report["ok"], report["entries"], report["head_chains"]) == (0, True, 6, 2)

    @pytest.mark.parametrize("position", [1, 2, 3, 4, 5])
    @pytest.mark.parametrize(
        "member", ["action", "actor", "reason", "previous_hash", "hash", "trace_id"]
    )
    def test_finds_any_altered_member(self, position, member):
        tamper(
            f"UPDATE audit_auditentry SET {member} = 'x' WHERE subject = 'a:1' AND sequence = {position}"
        )

        status, report = run()

        assert status == 1
        assert {"subject": "a:1", "sequence": position, "why": "altered"} in report["broken"]

    @pytest.mark.parametrize("position", [1, 2, 3, 4])
    def test_finds_a_missing_link(self, position):
        tamper(f"DELETE FROM audit_auditentry WHERE subject = 'a:1' AND sequence = {position}")

        status, report = run("--subject", "a:1")

        assert status == 1
        assert report["broken"][0] == {"subject": "a:1", "sequence": position, "why": "missing"}

    def test_tells_a_cut_chain_by_its_head(self):
        before = selectors.head()
        tamper("DELETE FROM audit_auditentry WHERE subject = 'a:1' AND sequence = 5")

        assert run()[1]["head_hash"] != before.hash

    def test_looks_at_one_subject_when_asked(self):
        tamper("UPDATE audit_auditentry SET action = 'x' WHERE subject = 'a:1'")

        assert run("--subject", "b:1")[0] == 0


class TestLogHead:
    def test_writes_the_head_of_all_chains(self):
        record()

        with capture_logs() as lines:
            tasks.log_head()

        assert lines[0]["event"] == "audit_head"
        assert lines[0]["hash"] == selectors.head().hash
        assert lines[0]["chains"] == 1
