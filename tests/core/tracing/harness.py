"""Asks the callback service, on a real server, to call us, and looks at the headers that come."""

import http.client
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any

from django.db import connection

from core.embedded.children import child_setup
from core.embedded.ports import free_port

START_SECONDS_MAX = 60
_VALID = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")

Headers = list[tuple[str, str]]


class Service:
    """gunicorn with the callback service, and a server that is called back."""

    def __enter__(self) -> "Service":
        self.calls: list[Headers] = []
        self.port = free_port()
        self._listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()
        self._server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
                *("--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread"),
                *("--threads", "4", "--no-control-socket", "--log-level", "warning"),
            ],
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "tests.core.tracing.w3c_settings",
                "DB_NAME": connection.settings_dict["NAME"],
                "ALLOWED_HOSTS": "127.0.0.1",
            },
            preexec_fn=child_setup(end_signal=signal.SIGTERM, as_root=True),
        )
        self._wait()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._server.terminate()
        self._server.wait(20)
        self._listener.shutdown()
        self._listener.server_close()

    def called_back(self, headers: Headers, times: int = 1) -> list["Call"]:
        """What the service sends when it is called with these headers, duplicates and all."""
        self.calls.clear()
        target = f"http://127.0.0.1:{self._listener.server_address[1]}/"
        body = json.dumps([{"url": f"{target}{n}", "arguments": []} for n in range(times)]).encode()
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        wire.putrequest("POST", "/trace-context/")
        for name, value in [("Content-Type", "application/json"), *headers]:
            wire.putheader(name, value)
        wire.putheader("Content-Length", str(len(body)))
        wire.endheaders(body)
        answer = wire.getresponse()
        answer.read()
        wire.close()
        if answer.status != 200:
            raise AssertionError(f"the service answered {answer.status}")
        return [Call(headers) for headers in self.calls]

    def _handler(self) -> Any:
        calls = self.calls

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                calls.append(list(self.headers.items()))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_words: Any) -> None:
                """Quiet."""

        return Handler

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < until and self._server.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the service did not start")


class Call:
    """One callback: exactly one `traceparent`, and it is valid."""

    def __init__(self, headers: Headers) -> None:
        parents = [value for name, value in headers if name.lower() == "traceparent"]
        if len(parents) != 1:
            raise AssertionError(f"{len(parents)} traceparent headers")
        found = _VALID.fullmatch(parents[0])
        if found is None or not int(found[1], 16) or not int(found[2], 16):
            raise AssertionError(f"no valid traceparent: {parents[0]}")
        self.trace_id, self.parent_id, self.flags = found.groups()
        states = [value for name, value in headers if name.lower() == "tracestate"]
        self.tracestate = ",".join(states)
        self.members = dict(
            each.split("=", 1) for each in self.tracestate.split(",") if "=" in each
        )
