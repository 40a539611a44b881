"""Entries on the lists, for tests."""

from datetime import timedelta
from typing import Any

from fraud.models import BlacklistEntry
from fraud.services import lists
from tests.fraud.builders import NOW

CARD = "Xt5EWLLDS7FJjR1c"
OFFICER = "staff:7"


def listed(
    kind: str = "email", value: str = "bad.buyer@example.org", **changes: Any
) -> BlacklistEntry:
    values: dict[str, Any] = {
        "effect": "block",
        "reason": "Tested cards on Monday",
        "until": NOW + timedelta(days=90),
        "actor": OFFICER,
        "now": NOW,
    }
    return lists.add(kind=kind, value=value, **values | changes)
