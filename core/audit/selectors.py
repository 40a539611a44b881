"""Reading the audit trail."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from core.audit.models import AuditEntry


@dataclass(frozen=True)
class Head:
    """One hash over the last links of all chains: kept elsewhere, it shows that none was cut short."""

    hash: str
    chains: int


def history(subject: str) -> list[AuditEntry]:
    """Everything that happened to `subject`, first things first."""
    return list(AuditEntry.objects.filter(subject=subject).order_by("sequence"))


def in_chains(subject: str = "") -> Iterator[AuditEntry]:
    """All entries (of one subject), by subject and sequence, without holding them in memory."""
    entries = AuditEntry.objects.order_by("subject", "sequence")
    if subject:
        entries = entries.filter(subject=subject)
    return entries.iterator(chunk_size=2000)


def head() -> Head:
    """The hash over the heads of all chains, in the order of their subjects."""
    heads = (
        AuditEntry.objects.order_by("subject", "-sequence")
        .distinct("subject")
        .values_list("subject", "sequence", "hash")
    )
    digest, chains = hashlib.sha256(), 0
    for subject, sequence, last_hash in heads.iterator(chunk_size=2000):
        digest.update(f"{subject}|{sequence}|{last_hash}\n".encode())
        chains += 1
    return Head(hash=digest.hexdigest(), chains=chains)
