"""What every page must be, whoever asked for it: valid HTML with one heading, within its bytes and its queries."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path
from typing import Any

import html5lib
from django.contrib.staticfiles import finders

KB = 1000
PAGE_MAX, STAFF_HTML_MAX = 110 * KB, 40 * KB
QUERIES_MAX, STAFF_QUERIES_MAX = 20, 40
# Pages that bring many parts together; a list is none of them.
MANY_PARTS = {
    "admin/": 75,
    "admin/fraud/reviewcase/<uuid:case_id>/decide/": 55,
    "admin/payments/payment/<path:object_id>/change/": 45,
}
BOOKKEEPING = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")
LINKED = re.compile(r'(?:href|src)="/static/([^"?]+)"')
INLINE = re.compile(r"<[^>]+\s(style|on[a-z]+)=", re.IGNORECASE)
SCRIPTS = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/(?:ld\+)?json)[^>]*>", re.IGNORECASE
)
# Slips of Unfold's own templates, which every browser reads as they are meant.
UNFOLDS = (("[&", "["), ('"class="', '" class="'))
UNFOLDS_LAYOUT = "end-tag-too-early"


def faults(route: str, answer: Any) -> list[str]:
    """Of one answer to a GET; `answer.statements` is the SQL that it took. Nothing for what is no page."""
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    if not is_page or route.startswith("api/"):  # Swagger's page is Swagger's
        return []
    html = b"".join(answer).decode() if answer.streaming else answer.content.decode()
    is_staff = route.startswith("admin/")
    found = [] if is_staff else _inline(html)
    if html.lstrip()[:9].lower() == "<!doctype":
        found += _invalid(html)
        found += ["more or fewer headings than one"] if html.count("<h1") != 1 else []
        found += _heavy(html, is_staff=is_staff)
    found += _asking(route, answer.statements, is_staff=is_staff)
    return [f"/{route}: {each}" for each in found]


def packed(content: bytes) -> int:
    return len(gzip.compress(content, 6))


def weights(html: str) -> dict[str, int]:
    """Bytes by kind of all that a first visit to this page fetches from our own server, compressed."""
    found = {"html": packed(html.encode()), "css": 0, "js": 0, "woff2": 0, "svg": 0}
    for name in set(LINKED.findall(html)):
        kind, size = _file(name)
        found[kind] += size
    return found


@cache
def _file(name: str) -> tuple[str, int]:
    content, kind = Path(finders.find(name)).read_bytes(), name.rsplit(".", 1)[-1]
    return kind, len(content) if kind == "woff2" else packed(content)


def _inline(html: str) -> list[str]:
    return [f"inline: {each}" for each in (*INLINE.findall(html), *SCRIPTS.findall(html))]


def _invalid(html: str) -> list[str]:
    for slip, meant in UNFOLDS:
        html = html.replace(slip, meant)
    parser = html5lib.HTMLParser()
    parser.parse(html)
    return [f"HTML {at}: {code}" for at, code, _ in parser.errors if code != UNFOLDS_LAYOUT]


def _heavy(html: str, *, is_staff: bool) -> list[str]:
    """Staff keep styles and scripts; what comes each time is the HTML."""
    size = packed(html.encode()) if is_staff else sum(weights(html).values())
    most = STAFF_HTML_MAX if is_staff else PAGE_MAX
    return [f"{size} bytes, more than {most}"] if size > most else []


def _asking(route: str, statements: list[str], *, is_staff: bool) -> list[str]:
    asked = [each for each in statements if not each.startswith(BOOKKEEPING)]
    most = MANY_PARTS.get(route, STAFF_QUERIES_MAX if is_staff else QUERIES_MAX)
    return [f"{len(asked)} queries, more than {most}"] if len(asked) > most else []
