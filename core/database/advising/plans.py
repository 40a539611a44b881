"""How the server would go about a statement, and where it would read rows only to throw them away."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction

_NAME = r'(?:"?(?P<table>\w+)"?\.)?"?(?P<column>[a-z_][a-z0-9_]*)"?'
_COMPARISON = re.compile(
    rf"\(?{_NAME}\)?(?:::[\w ]+(?:\([^)]*\))?)?\s*(?P<sign>=|<=|>=|<|>)\s*(?P<value>ANY|\S)"
)
_OR = re.compile(r"\bOR\b")


@dataclass(frozen=True, slots=True)
class Scan:
    """A table read from end to end, for a few of its rows. `equal` and `ranged` are columns that choose them."""

    table: str
    equal: tuple[str, ...]
    ranged: tuple[str, ...]
    rows_wanted: float
    cost: float


@dataclass(frozen=True, slots=True)
class Plan:
    cost: float
    scans: tuple[Scan, ...]


def of(cursor: Any, text: str) -> Plan | None:
    """The generic plan: parameters stay unknown, nothing is run. None for what can't be explained."""
    try:
        with transaction.atomic():
            # Not through the binding of parameters: the text has its own, as the statistics keep it.
            cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text.replace('%', '%%')}", [])
            answer = cursor.fetchone()[0]
    except DatabaseError:
        return None
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return Plan(float(plan["Total Cost"]), tuple(_scans(plan)))


def _scans(node: dict[str, Any]) -> Iterator[Scan]:
    if node.get("Node Type") == "Seq Scan" and node.get("Filter"):
        scan = _scan(node)
        if scan is not None:
            yield scan
    for below in node.get("Plans", ()):
        yield from _scans(below)


def _scan(node: dict[str, Any]) -> Scan | None:
    """A condition with OR chooses by neither side alone: no single index serves it."""
    text = node["Filter"]
    if _OR.search(text):
        return None
    equal: dict[str, None] = {}
    ranged: dict[str, None] = {}
    for part in text.split(" AND "):
        found = _COMPARISON.search(part)
        if found is None or _is_of_another(found["table"], node):
            continue
        (equal if found["sign"] == "=" else ranged)[found["column"]] = None
    if not equal and not ranged:
        return None
    return Scan(
        table=node["Relation Name"],
        equal=tuple(equal),
        ranged=tuple(name for name in ranged if name not in equal),
        rows_wanted=float(node["Plan Rows"]),
        cost=float(node["Total Cost"]),
    )


def _is_of_another(table: str | None, node: dict[str, Any]) -> bool:
    return table is not None and table not in (node["Relation Name"], node.get("Alias"))
