"""The links of a chain, pure: what a hash covers, and where a chain is broken.

`hash` = HMAC-SHA256, keyed from HASH_SALT with purpose "audit", of the entry's members as JSON with sorted
keys and no spaces, among them `previous_hash` (64 zeros for the first). Who can write to the database but
does not hold the key can't forge a link.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from core.audit.models import AuditEntry
from core.crypto.index import keyed_digest

FIRST = "0" * 64


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold, and why."""

    subject: str
    sequence: int
    why: str


def hash_of(entry: AuditEntry) -> str:
    text = json.dumps(entry.said(), sort_keys=True, separators=(",", ":"))
    return keyed_digest(text, purpose="audit")


def breaks(entries: Iterable[AuditEntry]) -> Iterator[Break]:
    """Every broken link of `entries`, which come by subject and sequence."""
    for _subject, chain in groupby(entries, key=lambda entry: entry.subject):
        yield from _breaks_of_one(chain)


def _breaks_of_one(chain: Iterable[AuditEntry]) -> Iterator[Break]:
    expected, previous = 1, FIRST
    for entry in chain:
        if entry.sequence != expected:
            yield Break(entry.subject, expected, "missing")
        elif entry.previous_hash != previous:
            yield Break(entry.subject, entry.sequence, "does not follow the one before")
        if entry.hash != hash_of(entry):
            yield Break(entry.subject, entry.sequence, "altered")
        expected, previous = entry.sequence + 1, entry.hash
