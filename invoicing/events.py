"""What invoicing tells the others."""

from dataclasses import dataclass
from typing import ClassVar

from core.outbox.events import Event


@dataclass(frozen=True)
class DocumentIssued(Event):
    name: ClassVar[str] = "invoicing.document_issued"
    version: ClassVar[int] = 1

    document_id: str
    booking_id: str
    kind: str
    label: str
    at: str
