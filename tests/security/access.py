"""The tables of docs/access.md, as rules."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.embedded.folders import REPOSITORY
from tests.security.addresses import Address
from tests.security.world import ROLES, STAFF

FILE = REPOSITORY / "docs" / "access.md"
EVERYONE, LINK, BOOKER, STRIPE, MONITORING = "everyone", "link", "booker", "Stripe", "monitoring"
ALL_STAFF, NOBODY = "all staff", "nobody"
WORDS = (EVERYONE, LINK, BOOKER, STRIPE, MONITORING, ALL_STAFF, NOBODY)
APP_LIST = re.compile(r"admin/\^\(\?P<app_label>.*")
LINE = re.compile(r"^\| `/(?P<route>.*)` \| (?P<methods>[A-Z ]+) \| (?P<who>[^|]+) \|$")
LIST = re.compile(r"^\| (?P<model>[a-z]+\.[a-z]+) " + r"\| ([^|]+) " * 4 + r"\|$")


@dataclass(frozen=True)
class Rule:
    """Who may use one method of one address; `who` is one of WORDS, or roles."""

    route: str
    method: str
    who: frozenset[str]

    def lets(self, actor: str) -> bool:
        if EVERYONE in self.who or LINK in self.who or MONITORING in self.who:
            return True
        if BOOKER in self.who:
            return actor == "booker"
        return actor in self.who or (ALL_STAFF in self.who and actor in STAFF)


@dataclass(frozen=True)
class ListRule:
    """Who may see, add, change and delete the rows of one list."""

    see: frozenset[str]
    add: frozenset[str]
    change: frozenset[str]
    delete: frozenset[str]


def rules() -> list[Rule]:
    found = []
    for line in FILE.read_text().splitlines():
        if match := LINE.match(line):
            for method in match["methods"].split():
                found.append(Rule(match["route"], method, _who(match["who"])))
    return found


def list_rules() -> dict[str, ListRule]:
    found = {}
    for line in FILE.read_text().splitlines():
        if match := LIST.match(line):
            found[match["model"]] = ListRule(*(_who(cell) for cell in match.groups()[1:]))
    return found


def route_of(address: Address) -> str:
    """As the table writes it."""
    return APP_LIST.sub("admin/<app>/", address.route)


def _who(cell: str) -> frozenset[str]:
    who = frozenset(word.strip() for word in cell.split(","))
    assert who <= {*WORDS, *ROLES}, f"docs/access.md says {cell!r}"
    return who
