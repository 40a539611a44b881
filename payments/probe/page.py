"""What the pay page is made of: its headers, its scripts down to the last import, and a fingerprint of each."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from core.pages import payment_origins
from payments.probe.browser import Answer, Browser

HEADERS = (
    "content-security-policy",
    "cross-origin-opener-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
)
PAYMENTS = "<payments>"
DATA = ("application/json", "application/ld+json", "text/template")
IMPORTS = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+\.js)["']""")
FINGERPRINT = re.compile(r"\.[0-9a-f]{12}(?=\.js$)")
SCRIPTS_MAX = 60


@dataclass(frozen=True)
class Page:
    """`scripts` by address: the SHA-256 of what came, or "" for a script of the payment company, which changes it."""

    headers: dict[str, str]
    scripts: dict[str, str]


def look(browser: Browser, answer: Answer) -> Page:
    """Follows the page's scripts and their imports; those of others are named, not fetched."""
    reader = _Reader()
    reader.feed(answer.body)
    scripts = {f"inline {_sha256(text)[:16]}": _sha256(text) for text in reader.inline}
    waiting, seen = list(reader.addresses), set[str]()
    while waiting and len(seen) < SCRIPTS_MAX:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        name, content = _fetched(browser, address)
        scripts[name] = _sha256(content) if content is not None else ""
        waiting += [urljoin(address, found) for found in IMPORTS.findall(content or "")]
    return Page(_headers(answer), scripts)


def _fetched(browser: Browser, address: str) -> tuple[str, str | None]:
    parts = urlsplit(address)
    if parts.netloc:
        origin = f"{parts.scheme}://{parts.netloc}"
        name = (
            f"{PAYMENTS} script" if address == settings.STRIPE_JS_URL else f"{origin}{parts.path}"
        )
        return name, None
    return FINGERPRINT.sub("", parts.path), browser.ask("GET", address).body


def _headers(answer: Answer) -> dict[str, str]:
    """The payment company's origins come from settings, so that they are one word here."""
    found = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
    if policy := found.get("content-security-policy"):
        found["content-security-policy"] = "; ".join(sorted(_directives(policy)))
    return found


def _directives(policy: str) -> Iterable[str]:
    for directive in filter(None, (part.strip() for part in policy.split(";"))):
        name, *sources = directive.split()
        known = {PAYMENTS if _is_payments(source) else source for source in sources}
        yield " ".join([name, *sorted(known)])


def _is_payments(source: str) -> bool:
    return any(source in sources for sources in payment_origins().values())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class _Reader(HTMLParser):
    """Scripts, preloaded scripts, and what a script tag says itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and given.get("src"):
            self.addresses.append(str(given["src"]))
        elif tag == "script":
            self._inside = given.get("type") not in DATA
        elif tag == "link" and given.get("as") == "script":
            self.addresses.append(str(given.get("href")))
        for name, value in attrs:
            if name.startswith("on") and value:
                self.inline.append(value)

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False
