"""The bill of materials follows the lock files, and not knowing is not the same as being safe."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO

import pytest
from django.core.management import call_command

from core import supply
from core.embedded.folders import REPOSITORY


class Database(BaseHTTPRequestHandler):
    """Speaks OSV: knows one thing against one package."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = [
            {"vulns": [{"id": "GHSA-test"}]} if query["package"]["name"] == "celery" else {}
            for query in body["queries"]
        ]
        answer = json.dumps({"results": results if self.path == "/good" else results[1:]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


@pytest.fixture
def database():
    server = HTTPServer(("127.0.0.1", 0), Database)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def status_of(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_vulnerabilities", *arguments, stdout=out, stderr=StringIO())
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


class TestParts:
    def test_are_all_that_is_pinned(self):
        wanted = {
            line.split("==")[0]
            for line in (REPOSITORY / "requirements.txt").read_text().splitlines()
            if "==" in line and not line.startswith((" ", "#"))
        }

        found = supply.parts(REPOSITORY / "requirements.txt")

        assert {part.name for part in found} == wanted
        assert len(found) > 50

    def test_without_a_hash_are_refused(self, tmp_path):
        lock = tmp_path / "requirements.txt"
        lock.write_text("django==5.2.19\n")

        with pytest.raises(ValueError, match="django has no hash"):
            supply.parts(lock)


class TestBill:
    def test_is_the_same_for_the_same_files(self):
        assert supply.bill(REPOSITORY) == supply.bill(REPOSITORY)

    def test_names_each_part_once_with_what_it_may_be(self):
        out = StringIO()
        call_command("sbom", stdout=out)

        bill = json.loads(out.getvalue())
        refs = [component["bom-ref"] for component in bill["components"]]
        assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
        assert len(refs) == len(set(refs))
        assert "pkg:pypi/django@5.2.19" in refs
        assert any(ref.startswith("static/vendor/") for ref in refs)
        django = next(each for each in bill["components"] if each["name"] == "django")
        assert len(django["properties"]) >= 1


class TestVulnerabilities:
    def test_are_listed(self, database):
        status, said = status_of("--database", f"{database}/good", "--json")

        assert status == 1
        (known,) = json.loads(said)["vulnerable"].values()
        assert known == ["GHSA-test"]

    def test_are_unknown_without_a_network(self):
        assert status_of("--database", "http://127.0.0.1:9/")[0] == 2

    def test_are_unknown_when_the_answer_is_not_of_what_was_asked(self, database):
        assert status_of("--database", f"{database}/short")[0] == 2
