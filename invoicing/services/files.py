"""The PDF of a document: made on first use, kept as it was, never made twice."""

import hashlib
from datetime import datetime
from uuid import UUID

import typst
from django.db import transaction
from django.db.models import F

from core.errors import Unavailable
from invoicing import pdf as paper
from invoicing.models import Document, File, FileFailure
from invoicing.services import layout

ERROR_LENGTH_MAX = 300


class FileNotMade(Unavailable):
    """The PDF can't be made now; the office sees it on its list."""

    code = "document_not_ready"
    detail = "Your invoice isn’t ready yet. We’ll email it within an hour."


def pdf(*, document_id: UUID, now: datetime) -> bytes:
    """The bytes, the same each time. Raises FileNotMade, and leaves a row that the office sees."""
    kept = File.objects.filter(pk=document_id).first()
    return kept.content if kept else _make(document_id, now=now)


def _make(document_id: UUID, *, now: datetime) -> bytes:
    document = Document.objects.select_related("refers_to").get(pk=document_id)
    try:
        content = paper.render(layout.page(document), on=layout.issued_on(document))
    except typst.TypstError as failure:
        _note_failure(document, failure, now=now)
        raise FileNotMade() from failure
    return _keep(document, content, now=now)


def _keep(document: Document, content: bytes, *, now: datetime) -> bytes:
    """Stores the first one made; whoever made it a moment later gives out that one too."""
    file = File(
        document=document, content=content, sha256=hashlib.sha256(content).hexdigest(), made_at=now
    )
    with transaction.atomic():
        File.objects.bulk_create([file], ignore_conflicts=True)
        FileFailure.objects.filter(document=document).delete()
    return File.objects.get(pk=document.pk).content


def _note_failure(document: Document, failure: typst.TypstError, *, now: datetime) -> None:
    with transaction.atomic():
        FileFailure.objects.bulk_create(
            [FileFailure(document=document, attempts=0, error="", failed_at=now)],
            ignore_conflicts=True,
        )
        FileFailure.objects.filter(document=document).update(
            attempts=F("attempts") + 1, error=failure.message[:ERROR_LENGTH_MAX], failed_at=now
        )
