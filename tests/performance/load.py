"""Closed-loop clients: each does the next thing when the last is answered. Times in milliseconds."""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode, urlsplit


class UnexpectedAnswer(RuntimeError):
    """The site answered otherwise than the scenario says; the measurement is void."""


@dataclass
class Measured:
    """What a run showed: every duration by name, and how long the whole took."""

    durations_ms: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    operations: int = 0

    def percentile(self, name: str, share: float) -> float:
        values = sorted(self.durations_ms[name])
        return values[min(len(values) - 1, int(share * len(values)))]

    @property
    def per_second(self) -> float:
        return self.operations / self.seconds


class Client:
    """One keep-alive connection to one address."""

    def __init__(self, base_url: str, headers: dict[str, str] | None = None):
        parts = urlsplit(base_url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self.headers = headers or {}

    def call(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, dict, dict]:
        """Status, JSON body (empty if none), headers."""
        payload, kind = _encoded(body)
        sent = {
            **self.headers,
            **kind,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        self.connection.request(method, path, payload, sent)
        answer = self.connection.getresponse()
        text = answer.read()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return (
            answer.status,
            json.loads(text) if is_json and text else {},
            dict(answer.getheaders()),
        )


def _encoded(body: object) -> tuple[bytes | None, dict[str, str]]:
    if body is None:
        return None, {}
    if isinstance(body, bytes):
        return body, {"Content-Type": "application/json"}
    if isinstance(body, str):
        return body.encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return json.dumps(body).encode(), {"Content-Type": "application/json"}


def run(work: Callable[[int, Measured], None], *, clients: int, operations: int) -> Measured:
    """Do `operations` of `work` with so many clients at once. The first failure stops the run and rises."""
    measured = Measured(operations=operations)
    numbers = _Counter(operations)
    failures: list[BaseException] = []

    def client() -> None:
        try:
            for number in numbers:
                work(number, measured)
                if failures:
                    return
        except BaseException as failure:
            failures.append(failure)

    began = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    measured.seconds = time.perf_counter() - began
    if failures:
        raise failures[0]
    return measured


class _Counter:
    def __init__(self, limit: int):
        self.numbers = count()
        self.limit = limit

    def __iter__(self) -> Iterator[int]:
        while (number := next(self.numbers)) < self.limit:
            yield number


class timed:
    """Adds the duration of its block to `measured` under `name`."""

    def __init__(self, measured: Measured, name: str):
        self.measured, self.name = measured, name

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        elapsed = (time.perf_counter() - self.began) * 1000
        self.measured.durations_ms.setdefault(self.name, []).append(elapsed)


class Buyer:
    """Books and pays over the API as a browser would: hold, details, card at the gateway, pay."""

    def __init__(self, site: str, gateway: str, gateway_key: str):
        self.site = Client(site)
        self.gateway = Client(gateway, {"Authorization": f"Bearer {gateway_key}"})

    def hold(self, session: str, places: int = 1) -> tuple[str, str]:
        """The booking's token and the browser's cookie."""
        body = {"session": session, "places": places}
        status, answer, headers = self.site.call("POST", "/api/v1/bookings/", body, **self._key())
        _expect(status, 201, answer)
        return answer["token"], headers["Set-Cookie"].split(";")[0]

    def give_details(self, token: str, cookie: str) -> None:
        unique = uuid.uuid4().hex[:10]
        body = {
            "customer": {"name": f"Buyer {unique}", "email": f"buyer.{unique}@example.com"},
            "attendees": [{"name": f"Buyer {unique}"}],
        }
        status, answer, _ = self.site.call(
            "PATCH", f"/api/v1/bookings/{token}/", body, Cookie=cookie, **self._key()
        )
        _expect(status, 200, answer)

    def card(self, card: str = "pm_card_visa") -> str:
        status, answer, _ = self.gateway.call(
            "POST", "/v1/test_helpers/confirmation_tokens", urlencode({"payment_method": card})
        )
        _expect(status, 200, answer)
        return answer["id"]

    def pay(self, token: str, cookie: str, confirmation_token: str) -> dict:
        status, answer, _ = self.site.call(
            "POST",
            f"/api/v1/bookings/{token}/payments/",
            {"confirmation_token": confirmation_token},
            Cookie=cookie,
            **self._key(),
        )
        _expect(status, 201, answer)
        return answer

    def _key(self) -> dict[str, str]:
        return {"Idempotency_Key": uuid.uuid4().hex}


def _expect(status: int, wanted: int, answer: dict) -> None:
    if status != wanted:
        raise UnexpectedAnswer(f"{status} instead of {wanted}: {answer}")
