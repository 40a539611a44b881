"""One sandbox for the folder's tests, emptied before each; a receiver of webhooks; the real SDK."""

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.payments.sandbox.process import Sandbox, start_sandbox


@dataclass
class Delivery:
    body: bytes
    signature: str
    answered: int

    def event(self, secret: str) -> stripe.Event:
        return stripe.Webhook.construct_event(self.body, self.signature, secret)


@dataclass
class Receiver:
    """A webhook endpoint that remembers; `answers` are given in turn, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    def clear(self) -> None:
        self.answers.clear()
        self.deliveries.clear()

    def types(self, secret: str) -> list[str]:
        return [delivery.event(secret).type for delivery in self.deliveries]


@pytest.fixture(scope="package")
def receiver_process() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.answers.pop(0) if receiver.answers else 200
            signature = self.headers.get("Stripe-Signature", "")
            receiver.deliveries.append(Delivery(body, signature, status))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks/stripe/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="package")
def sandbox_process(
    tmp_path_factory: pytest.TempPathFactory, receiver_process: Receiver
) -> Iterator[Sandbox]:
    folder: Path = tmp_path_factory.mktemp("sandbox")
    sandbox = start_sandbox(folder, webhook_url=receiver_process.url)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Sandbox:
    sandbox_process.reset()
    sandbox_process.webhooks("deliver")
    return sandbox_process


@pytest.fixture
def receiver(sandbox: Sandbox, receiver_process: Receiver) -> Receiver:
    receiver_process.clear()
    return receiver_process


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[stripe.StripeClient]:
    with_session = stripe.RequestsClient(timeout=10)
    yield stripe.StripeClient(
        sandbox.secret_key,
        base_addresses={"api": sandbox.base_url},
        http_client=with_session,
        max_network_retries=0,
    )
    with_session.close()
