"""A span and a count for each statement that Django sends, and for each commit, which is where the waiting is.

The database's one wrapper (`core.database.watching`) has looked at the clock and tells of it. The span says the
statement with its placeholders; the values stay with the database.
"""

import re
import time
from functools import lru_cache

from opentelemetry import trace

from core.tracing import provider, work
from core.tracing.redaction import redact

TEXT_LENGTH_MAX = 1_000
PEER = "postgresql"
_VERB = re.compile(r"\s*(?:/\*.*?\*/\s*)*([A-Za-z]+)", re.DOTALL)
_TABLE = re.compile(
    r"\b(?:FROM|INTO|UPDATE|JOIN)\s+(?:ONLY\s+)?\"?([a-z_][a-z0-9_]*)\"?(?!\s*\()", re.I
)
_LITERAL = re.compile(r"'(?:[^']|'')*'")


def tell(statement: str, database: str, nanoseconds: int, error: Exception | None = None) -> None:
    """It ended this moment and took so long."""
    tally = work.current()
    if tally is not None:
        tally.add(work.DATABASE, nanoseconds)
    if trace.get_current_span().is_recording():
        name, attributes = _facts(statement, database)
        provider.leaf(name, attributes, time.time_ns() - nanoseconds, error)


@lru_cache(maxsize=2048)
def _facts(statement: str, database: str) -> tuple[str, dict[str, str]]:
    summary, text = described(statement)
    return summary, {
        "db.system.name": PEER,
        "db.namespace": str(database),
        "db.query.text": text,
        "peer.service": PEER,
    }


def described(statement: str) -> tuple[str, str]:
    """`SELECT courses_booking`, and the statement without literals."""
    verb = _VERB.match(statement)
    table = _TABLE.search(statement)
    name = verb[1].upper() if verb else "SQL"
    text = redact(_LITERAL.sub("?", statement[: 4 * TEXT_LENGTH_MAX]))[:TEXT_LENGTH_MAX]
    return f"{name} {table[1]}" if table else name, text
