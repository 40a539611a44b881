"""An OTLP receiver of our own on a real socket: it keeps what it is sent, and can be as bad as a collector can be."""

import gzip
import http.server
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Received:
    """A span as it came, with who sent it."""

    service: str
    pid: int
    span: Any

    @property
    def name(self) -> str:
        return str(self.span.name)

    @property
    def trace_id(self) -> str:
        return str(self.span.trace_id.hex())

    @property
    def attributes(self) -> dict[str, Any]:
        return values(self.span.attributes)


def values(attributes: Iterable[Any]) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.server.refusing:
            self.send_response(503)
        else:
            self._keep(body)
            self.send_response(200)
        self.end_headers()

    def _keep(self, body: bytes) -> None:
        self.server.raw.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            facts = values(resource.resource.attributes)
            for scope in resource.scope_spans:
                self.server.spans.extend(scope.spans)
                self.server.received.extend(
                    Received(facts["service.name"], facts["process.pid"], span)
                    for span in scope.spans
                )

    def log_message(self, *_words: Any) -> None:
        """Quiet."""


class Collector(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[Any] = []
        self.received: list[Received] = []
        self.raw: list[bytes] = []
        self.refusing = False

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/traces"

    def __enter__(self) -> "Collector":
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join(5)


class BlackHole:
    """Takes connections and never says a word."""

    def __enter__(self) -> "BlackHole":
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        return self

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1/traces"

    def __exit__(self, *_failure: object) -> None:
        self._socket.close()
