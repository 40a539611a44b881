"""`manage.py invariants`: what it prints, how it ends, and that it only reads."""

import ast
import io
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

import core.invariants
from tests.core.invariants import world

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "control-token"


@pytest.fixture
def books(tmp_path, settings):
    """A shop in order whose clock stands an hour later, with its books in a file."""
    offset = tmp_path / "offset"
    offset.write_text(str((world.LATER - datetime.now(UTC)).total_seconds()))
    settings.CLOCK_OFFSET_FILE = str(offset)
    settings.STRIPE_API_BASE = "https://api.stripe.com"
    file = tmp_path / "books.json"
    file.write_text(json.dumps(world.build()))
    return file


class TestCommand:
    def test_ends_with_0_when_all_hold(self, books):
        status, words = run("--books", str(books))

        assert status == 0, words
        assert "39 invariants checked, 0 broken" in words

    def test_ends_with_1_and_says_what_is_broken(self, books):
        execute("UPDATE outbox_delivery SET state = 'waiting', done_at = NULL")

        status, words = run("--books", str(books))

        assert status == 1
        assert "INV-30 broken: What was published is handed over soon" in words
        assert "cause: a delivery is due and nobody takes it" in words
        assert "delivery=" in words
        assert "1 broken" in words

    def test_is_one_document_with_json(self, books):
        execute("UPDATE outbox_delivery SET state = 'waiting', done_at = NULL")

        status, words = run("--json", "--books", str(books))

        document = json.loads(words)
        assert status == 1
        assert document["ok"] is False
        assert {each["id"] for each in document["violations"]} == {"INV-30"}
        assert document["unchecked"] == []

    def test_checks_the_database_alone_without_books(self, books):
        status, words = run()

        assert status == 0, words
        assert "checks need the gateway's books" in words

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"charges": 1}', "<html>"])
    def test_ends_with_2_when_the_books_are_none(self, tmp_path, content):
        file = tmp_path / "books.json"
        file.write_text(content)

        status, words = run("--books", str(file))

        assert status == 2
        assert "could not be checked" in words

    def test_ends_with_2_when_there_are_no_books(self, tmp_path):
        assert run("--json", "--books", str(tmp_path / "none.json"))[0] == 2

    def test_reads_the_sandboxs_books_with_its_token(self, books, settings, monkeypatch):
        monkeypatch.setenv("SANDBOX_CONTROL_TOKEN", TOKEN)
        with control_plane(books.read_bytes()) as address:
            settings.STRIPE_API_BASE = address

            status, words = run()

        assert status == 0, words
        assert "need the gateway's books" not in words

    def test_ends_with_2_at_a_control_plane_that_refuses(self, books, monkeypatch):
        monkeypatch.setenv("SANDBOX_CONTROL_TOKEN", "wrong")
        with control_plane(books.read_bytes()) as address:
            assert run("--books", f"{address}/_control/books")[0] == 2

    def test_needs_no_more_than_the_applications_rights(self, books):
        execute(f"SET ROLE {settings.DB_APP_ROLE}")
        try:
            status, words = run("--books", str(books))
        finally:
            execute("RESET ROLE")

        assert status == 0, words

    def test_leaves_nothing_behind(self, books):
        run("--books", str(books))

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT to_regclass('pg_temp.g_charges'), current_setting('transaction_read_only')"
            )
            assert cursor.fetchone() == (None, "off")


DOORS = ("apps.py", "tasks.py", "watching.py")


class TestIndependence:
    def test_imports_no_app_and_no_model(self):
        allowed = {"core.invariants", "core.clock", "core"}
        # What tells of the hourly check judges nothing.
        doors = {"core.health", "core.health.readings", "core.nudges"}
        for file in Path(core.invariants.__path__[0]).rglob("*.py"):
            for name in imported(file):
                ours = name.split(".")[0] in (
                    "core",
                    "courses",
                    "fraud",
                    "payments",
                    "invoicing",
                    "config",
                )
                let = allowed | doors if file.name in DOORS else allowed
                assert not ours or name in let or name.startswith("core.invariants"), (
                    f"{file.name} imports {name}"
                )


def imported(file: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return names


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("invariants", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


class control_plane:
    """An HTTP server that gives out the books to whoever has the token."""

    def __init__(self, content: bytes) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.headers["Authorization"] == f"Bearer {TOKEN}"
                known = known and self.path == "/_control/books"
                self.send_response(200 if known else 401)
                self.end_headers()
                self.wfile.write(content if known else b"{}")

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
