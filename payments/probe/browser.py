"""A small browser of our own: cookies, a deadline for each request, and no going anywhere else."""

import json
import ssl
from dataclasses import dataclass, field
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPSHandler, OpenerDirector, Request, build_opener

SECONDS_MAX = 10.0
AGENT = "react-fast-training-probe/1"


class NoAnswer(Exception):
    """The site could not be reached, or said nothing in time."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


class Browser(Protocol):
    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer: ...


@dataclass
class HttpBrowser:
    """Talks to the site at `url` and to nobody else."""

    url: str
    opener: OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        handlers = [HTTPCookieProcessor(CookieJar())]
        self.opener = build_opener(*handlers, HTTPSHandler(context=ssl.create_default_context()))

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Any status is an answer; raises NoAnswer, and ValueError for an address elsewhere."""
        address = urljoin(self.url, path)
        if urlsplit(address)[:2] != urlsplit(self.url)[:2]:
            raise ValueError(f"{address} is not of {self.url}")
        request = Request(address, method=method)  # noqa: S310 (same origin as SITE_URL, checked above)
        request.add_header("User-Agent", AGENT)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with self.opener.open(request, timeout=SECONDS_MAX) as answer:
                return _answer(answer.status, answer.headers, answer.read())
        except HTTPError as error:
            with error:
                return _answer(error.code, error.headers, error.read())
        except (URLError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error


def _answer(status: int, headers: Message, body: bytes) -> Answer:
    found = {name.lower(): value for name, value in headers.items()}
    return Answer(status, found, body.decode(errors="replace"))
