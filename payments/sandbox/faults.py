"""Faults on order: the control plane says which calls break, how, and how many times.

error_before    500, nothing was done            error_after    done, stored and answered as 500
drop            connection cut, nothing done     drop_after     done, connection cut
silence         nothing done, no answer          timeout_after  done, no answer
429, 409        refused, nothing done            html502        a proxy's page, nothing done
delay_ms        answers late                     other_amount   done, a penny more is answered
"""

import fnmatch
import json
import select
import socket
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from . import errors
from .books import Json
from .wire import Request, Response

BEFORE = frozenset({"error_before", "drop", "silence", "429", "409", "html502", "delay_ms"})
AFTER = frozenset({"error_after", "drop_after", "timeout_after", "other_amount"})
SILENCE_SECONDS = 80.0


class Cut(Exception):
    """The connection ends without an answer."""


class BadGateway(Exception):
    """A proxy's HTML page instead of an answer."""


@dataclass
class Rule:
    fault: str
    method: str = "*"
    path: str = "*"
    key: str = "*"
    times: int = 1
    skip: int = 0
    delay_ms: int = 0
    seconds: float = SILENCE_SECONDS
    should_retry: str = ""
    seen: int = 0
    hit: int = 0

    def matches(self, request: Request) -> bool:
        key = request.headers.get("idempotency-key", "")
        return (
            self.method in ("*", request.method)
            and fnmatch.fnmatchcase(request.path, self.path)
            and fnmatch.fnmatchcase(key, self.key)
        )


@dataclass
class Faults:
    rules: list[Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _woken: threading.Event = field(default_factory=threading.Event)

    def add(self, order: Json) -> Json:
        rule = _rule(order)
        with self._lock:
            self.rules.append(rule)
        return asdict(rule)

    def clear(self) -> None:
        """Forgets all rules and ends every silence under way."""
        with self._lock:
            self.rules.clear()
            self._woken.set()
            self._woken = threading.Event()

    def as_json(self) -> list[Json]:
        with self._lock:
            return [asdict(rule) for rule in self.rules]

    def take(self, request: Request) -> Rule | None:
        """The first live rule that matches; its count goes down."""
        if not self.rules:
            return None
        with self._lock:
            for rule in self.rules:
                if rule.hit >= rule.times or not rule.matches(request):
                    continue
                rule.seen += 1
                if rule.seen > rule.skip:
                    rule.hit += 1
                    return rule
        return None

    def strike_before(self, rule: Rule | None, request: Request) -> None:
        if rule is None or rule.fault not in BEFORE:
            return
        if rule.fault == "delay_ms":
            self._pause(rule.delay_ms / 1000)
        elif rule.fault == "silence":
            self._say_nothing(rule, request)
        elif rule.fault == "drop":
            raise Cut
        elif rule.fault == "html502":
            raise BadGateway
        else:
            raise _error(rule)

    def strike_after(self, rule: Rule | None, request: Request, response: Response) -> Response:
        fault = rule.fault if rule is not None else ""
        if fault == "drop_after":
            raise Cut
        if rule is not None and fault == "timeout_after":
            self._say_nothing(rule, request)
        return _with_a_penny_more(response) if fault == "other_amount" else response

    def _say_nothing(self, rule: Rule, request: Request) -> None:
        """Waits until the caller gives up, the rules are cleared, or the time is over."""
        ends, woken = time.monotonic() + rule.seconds, self._woken
        while time.monotonic() < ends and not woken.wait(0.05) and not _gone(request.socket):
            pass
        raise Cut

    def _pause(self, seconds: float) -> None:
        self._woken.wait(seconds)


def pause(seconds: float) -> None:
    """The delay that every answer has on order (SANDBOX_DELAY_MS)."""
    if seconds > 0:
        threading.Event().wait(seconds)


def cut(connection: Any) -> None:
    """Ends the connection as a broken network would."""
    if connection is not None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the caller was gone first


def _rule(order: Json) -> Rule:
    match = order.get("match") or {}
    fault = str(order.get("fault", ""))
    if fault not in BEFORE | AFTER:
        raise errors.invalid(f"Unknown fault: {fault}", param="fault")
    return Rule(
        fault=fault,
        method=str(match.get("method", "*")),
        path=str(match.get("path", "*")),
        key=str(match.get("key", "*")),
        times=int(order.get("times", 1)),
        skip=int(order.get("skip", 0)),
        delay_ms=int(order.get("delay_ms") or order.get("ms") or 0),
        seconds=float(order.get("seconds", SILENCE_SECONDS)),
        should_retry=str(order.get("should_retry", "")),
    )


def _error(rule: Rule) -> errors.StripeError:
    made = {
        "error_before": errors.broken,
        "429": errors.too_many_requests,
        "409": errors.key_in_use,
    }[rule.fault]()
    made.kept = False
    if rule.should_retry:
        made.headers = (("Stripe-Should-Retry", rule.should_retry),)
    return made


def _with_a_penny_more(response: Response) -> Response:
    answer = json.loads(response.body)
    answer["amount"] += 1
    return replace(response, body=json.dumps(answer))


def _gone(connection: Any) -> bool:
    """True once the other side has closed."""
    if connection is None:
        return False
    try:
        ready, _, _ = select.select([connection], [], [], 0)
        return bool(ready) and connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
