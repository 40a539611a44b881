"""What really goes to Sentry: the library, our settings, and a receiver of our own behind the DSN."""

import gzip
import http.server
import json
import os
import subprocess
import sys
import threading
from typing import Any

import pytest

NAME, EMAIL, CARD = "Zebulon Canaryfeather", "zebulon.canary@example.org", "4000002500003155"
TOKEN = "Zk3v9QpL8aXb2c7Yt0Wn5Rm4Jd6Hs1Qe"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.envelopes.append(body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_words: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def envelopes():
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.envelopes = []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    dsn = f"http://publickey@127.0.0.1:{server.server_address[1]}/7"
    command = [sys.executable, "-m", "tests.core.tracing.sentry_scene"]
    subprocess.run(
        [*command, NAME, EMAIL, CARD, TOKEN],
        env={**os.environ, "SENTRY_DSN": dsn},
        check=True,
        timeout=90,
        capture_output=True,
    )
    server.shutdown()
    server.server_close()
    return server.envelopes


@pytest.fixture(scope="module")
def events(envelopes):
    lines = [line for body in envelopes for line in body.splitlines()]
    told = [json.loads(line) for line in lines if line.startswith(b"{")]
    return [each for each in told if "event_id" in each and "platform" in each]


class TestWhatSentryIsSent:
    def test_s91_names_nobody_and_tells_no_secret(self, envelopes):
        dump = b"\n".join(envelopes)

        assert dump
        for needle in (NAME, "Canaryfeather", EMAIL, "zebulon", CARD, TOKEN):
            assert needle.encode() not in dump, needle

    def test_says_what_failed_where_and_in_which_trace(self, events):
        (failure,) = [each for each in events if "exception" in each]
        values = failure["exception"]["values"]
        frames = values[-1]["stacktrace"]["frames"]

        assert [value["type"] for value in values] == ["ValueError", "LookupError"]
        assert [value["value"] for value in values] == ["", ""]
        assert frames[-1]["function"] == "failing"
        assert all("vars" not in frame for frame in frames)
        assert len(failure["tags"]["trace_id"]) == 32
        assert failure["request"] == {
            "method": "POST",
            "url": "http://127.0.0.1/bookings/[token]/",
        }
        assert not {"user", "extra"} & set(failure)

    def test_has_the_errors_that_were_logged_too(self, events):
        said = json.dumps(events)

        assert "charge_failed" in said
        assert "[number]" in said
