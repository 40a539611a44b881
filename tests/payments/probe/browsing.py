"""The probe's browser over Django's test client: the site without its sockets."""

from __future__ import annotations

from typing import Any

from django.test import Client

from payments.probe.browser import Answer, NoAnswer


class TestBrowser:
    """`alter` may change what comes back, as somebody between us and the browser would."""

    __test__ = False

    def __init__(self, alter=lambda path, answer: answer, *, dead: bool = False) -> None:
        self.client, self.alter, self.dead = Client(), alter, dead
        self.asked: list[str] = []

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        if self.dead:
            raise NoAnswer("URLError")
        self.asked.append(f"{method} {path}")
        extra: dict[str, Any] = {}
        if body is not None:
            extra = {"data": body, "content_type": "application/json"}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        found = getattr(self.client, method.lower())(path, headers=given, **extra)
        content = found.getvalue() if found.streaming else found.content
        answer = Answer(
            found.status_code,
            {name.lower(): value for name, value in found.headers.items()},
            content.decode(errors="replace"),
        )
        return self.alter(path, answer)
