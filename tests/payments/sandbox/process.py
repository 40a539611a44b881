"""Starts the Stripe sandbox as a process of its own and speaks to its control plane."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.embedded.children import child_setup

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 30
CONTROL_TOKEN = "control-token-of-a-test"


class ControlRefused(Exception):
    """The control plane answered with something other than 200."""


@dataclass
class Sandbox:
    store: Path
    environment: dict[str, str]
    port: int = 0
    secret_key: str = ""
    publishable_key: str = ""
    webhook_secret: str = ""
    _process: Any = field(default=None, repr=False)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def script_url(self) -> str:
        return f"{self.base_url}/js/stripe.js"

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    def start(self) -> "Sandbox":
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "payments.sandbox",
                "--port",
                str(self.port),
                "--store",
                self.store,
            ],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            text=True,
            # A group of its own, and gone with the run that started it, however that ends.
            preexec_fn=child_setup(end_signal=signal.SIGTERM, as_root=True),
        )
        self.port = _port_of(self._process)
        return self

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9` for all of it, as a machine that loses power would."""
        self._end(signal.SIGKILL)

    def restart(self) -> "Sandbox":
        """The same port and books again, after `stop` or `kill`."""
        return self.start()

    def fault(
        self, fault: str, path: str = "*", method: str = "*", **options: Any
    ) -> dict[str, Any]:
        """One of: error_before, error_after, drop, drop_after, silence, timeout_after, other_amount,
        429, 409, html502, delay_ms. Options: times, skip, key, delay_ms, seconds, should_retry."""
        match = {"method": method, "path": path, "key": options.pop("key", "*")}
        return self.control("POST", "faults", {"match": match, "fault": fault, **options})

    def struck(self) -> dict[str, int]:
        """How many calls each kind of fault on order has broken."""
        hits: Counter[str] = Counter()
        for rule in self.control("GET", "faults")["faults"]:
            hits[rule["fault"]] += rule["hit"]
        return dict(hits)

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def advance(self, seconds: float) -> dict[str, Any]:
        """Moves the sandbox's clock; expiries and webhook retries that fall due happen at once."""
        return self.control("POST", "clock", {"advance_seconds": int(seconds)})

    def now(self) -> int:
        return int(self.control("GET", "clock")["now"])

    def books(self) -> dict[str, Any]:
        return self.control("GET", "books")

    def reset(self) -> None:
        self.control("POST", "reset", {})

    def delay(self, delay_ms: int) -> None:
        self.control("POST", "delay", {"delay_ms": delay_ms})

    def webhooks(self, mode: str, **options: Any) -> dict[str, Any]:
        """deliver, hold, release, duplicate, twin, reorder, late (seconds=), never, bad_signature
        (signature=wrong_secret, old_timestamp, future_timestamp, rolled, missing, v0); types=[…]."""
        return self.control("POST", "webhooks", {"mode": mode, **options})

    def drain_webhooks(self, seconds: float = 10) -> bool:
        """Waits until every delivery that is due was made; False when time ran out."""
        return bool(self.control("POST", "webhooks/drain", {"seconds": seconds})["drained"])

    def send_webhook(self, **order: Any) -> dict[str, Any]:
        """One delivery right now: event=id or type=…, object={…}; signature=…, change={…}."""
        return self.control("POST", "webhooks/send", order)

    def dispute(self, **order: Any) -> dict[str, Any]:
        """payment_intent= or charge=; reason=, amount=, inquiry=."""
        return self.control("POST", "disputes", order)

    def move_dispute(self, dispute: str, status: str) -> dict[str, Any]:
        return self.control("POST", "disputes/move", {"dispute": dispute, "status": status})

    def early_fraud_warning(self, **order: Any) -> dict[str, Any]:
        return self.control("POST", "early_fraud_warnings", order)

    def close_review(self, review: str, reason: str = "approved") -> dict[str, Any]:
        return self.control("POST", "reviews/close", {"review": review, "reason": reason})

    def payout(self, *, paid: bool = True) -> dict[str, Any]:
        return self.control("POST", "payouts", {"paid": paid})

    def allow_key(self, key: str, *allow: str) -> None:
        """A restricted key and what it may do, as `GET /v1/events*`."""
        self.control("POST", "keys", {"key": key, "allow": list(allow)})

    def events(self, event_type: str | None = None) -> list[dict[str, Any]]:
        found = self.books()["events"]
        return [event for event in found if event_type in (None, event["type"])]

    def control(
        self, method: str, path: str, order: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.base_url}/_control/{path}",
            method=method,
            data=json.dumps(order).encode() if order is not None else None,
            headers={
                "Authorization": f"Bearer {self.environment['SANDBOX_CONTROL_TOKEN']}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as refusal:
            raise ControlRefused(f"{refusal.code}: {refusal.read().decode()}") from None

    def confirmation_token(self, payment_method: str = "pm_card_visa", **params: str) -> str:
        """A ConfirmationToken made by the test helper; params by their wire names."""
        body = {"payment_method": payment_method, **params}
        return str(self.api("POST", "test_helpers/confirmation_tokens", body)["id"])

    def refund_as_staff_of_the_gateway(self, payment_intent: str, amount: int) -> None:
        """As somebody does in the gateway's own pages: not with our key."""
        self.allow_key("dashboard", "POST /v1/refunds")
        params = {"payment_intent": payment_intent, "amount": str(amount)}
        self.api("POST", "refunds", params, key="dashboard")

    def api(
        self, method: str, path: str, params: dict[str, str] | None = None, *, key: str = ""
    ) -> dict[str, Any]:
        """A bare call with the secret key, for arranging; tests of the wire use the SDK."""
        data = urllib.parse.urlencode(params or {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            f"{self.base_url}/v1/{path}",
            method=method,
            data=data,
            headers={"Authorization": f"Bearer {key or self.secret_key}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(self._process.pid, how)
        self._process.wait(timeout=20)
        self._process.stdout.close()
        self._process = None


def start_sandbox(
    store_dir: Path | str,
    port: int = 0,
    webhook_url: str | None = None,
    *,
    secret_key: str = "sk_test_sandbox_secret_key",
    publishable_key: str = "pk_test_sandbox_publishable_key",
    webhook_secret: str = "whsec_sandbox_webhook_secret",
    webhook_events: str = "*",
    delay_ms: int = 0,
) -> Sandbox:
    """A running sandbox with its own books; the caller stops it."""
    environment = {
        "SANDBOX_SECRET_KEY": secret_key,
        "SANDBOX_PUBLISHABLE_KEY": publishable_key,
        "SANDBOX_WEBHOOK_SECRET": webhook_secret,
        "SANDBOX_WEBHOOK_URL": webhook_url or "",
        "SANDBOX_WEBHOOK_EVENTS": webhook_events,
        "SANDBOX_CONTROL_TOKEN": CONTROL_TOKEN,
        "SANDBOX_DELAY_MS": str(delay_ms),
    }
    sandbox = Sandbox(
        store=Path(store_dir),
        environment=environment,
        port=port,
        secret_key=secret_key,
        publishable_key=publishable_key,
        webhook_secret=webhook_secret,
    )
    return sandbox.start()


def _port_of(process: "subprocess.Popen[str]") -> int:
    """Reads the ready line; a thread keeps emptying the pipe afterwards."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        stream = process.stdout
        assert stream is not None
        try:
            for line in stream:
                lines.put(line)
        except ValueError:
            return  # closed by `stop`

    threading.Thread(target=read, daemon=True).start()
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        try:
            line = lines.get(timeout=0.2)
        except queue.Empty:
            if process.poll() is not None:
                raise RuntimeError(f"the sandbox ended with {process.returncode}") from None
            continue
        if "ready at" in line:
            return int(line.rstrip().rsplit(":", 1)[1])
    raise RuntimeError("the sandbox did not become ready")
