"""Customers read ’ and never ': in every mail, and in every refusal that a page or the API can show."""

import re
from collections.abc import Iterator

import pytest

from core.errors import Refusal
from tests.functional.pages.shop import ROOT

STRAIGHT = re.compile(r"\b\w+'\w+\b")
NO_TEXT = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>", re.DOTALL)
MAILS = ROOT / "templates/emails"
NAMES = sorted(
    str(path.relative_to(MAILS)) for path in MAILS.rglob("*") if path.suffix in (".html", ".txt")
)
OURS = ("core.", "courses.", "fraud.", "payments.", "invoicing.")


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith(OURS):
            yield child
            yield from refusals(child)


class TestMails:
    @pytest.mark.parametrize("name", NAMES)
    def test_have_typographic_apostrophes(self, name):
        words = NO_TEXT.sub(" ", (MAILS / name).read_text())

        assert STRAIGHT.findall(words) == []


class TestRefusals:
    def test_have_typographic_apostrophes(self):
        kinds = set(refusals())

        assert len(kinds) > 20
        assert {kind.__name__: kind.detail for kind in kinds if STRAIGHT.search(kind.detail)} == {}
