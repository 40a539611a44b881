"""The e-mail that brings a document: once by itself, and again when staff ask for it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from core import clock
from core.audit import services as audit
from core.mail import attachments
from core.mail import services as mail
from core.mail.attachments import Attachment, AttachmentReference
from core.mail.models import Message
from courses import selectors as courses
from invoicing import selectors
from invoicing.models import Document
from invoicing.services import files

PROVIDER = "invoicing.document"


def register() -> None:
    """Lets the mail worker fetch a document's file when it sends the message."""
    attachments.register(PROVIDER, _file)


def send(*, document_id: UUID, now: datetime) -> Message:
    """Queue the document's e-mail; a second call changes nothing."""
    document = selectors.document(document_id)
    return _queue(document, key=dedupe_key(document), now=now)


def send_again(*, document_id: UUID, request_id: str, actor: str, now: datetime) -> Message:
    """One more copy for each `request_id`, written down with who asked."""
    document = selectors.document(document_id)
    with transaction.atomic():
        message = _queue(document, key=f"{dedupe_key(document)}:{request_id}", now=now)
        audit.record(
            subject=f"invoicing.document:{document.pk}",
            action="resend",
            actor=actor,
            after={"message": str(message.pk)},
            now=now,
        )
    return message


def dedupe_key(document: Document) -> str:
    """What the first e-mail of a document is known by."""
    return f"invoicing.document:{document.pk}"


def _queue(document: Document, *, key: str, now: datetime) -> Message:
    return mail.send(
        kind=f"invoicing.{document.kind}",
        to=document.private["email"],
        subject=f"{document.get_kind_display()} {document.label}",
        text_template=f"emails/invoicing/{document.kind}.txt",
        html_template=f"emails/invoicing/{document.kind}.html",
        context=_context(document),
        dedupe_key=key,
        about=f"courses.booking:{document.booking_id}",
        attachments=[AttachmentReference(PROVIDER, str(document.pk))],
        now=now,
    )


def _context(document: Document) -> dict[str, Any]:
    token = courses.token_of(document.booking_id)
    return {
        "document": document,
        "invoice": document.refers_to or document,
        "method": document.private["method"],
        "purchase_order": document.private["purchase_order"],
        "course": document.lines[0]["description"],
        "button_url": settings.SITE_URL + reverse("payments:booking", args=[token]),
        "button_text": "Open your booking",
    }


def _file(document_id: str) -> Attachment:
    """Raises FileNotMade, and the message is tried again later."""
    document = selectors.document(UUID(document_id))
    content = files.pdf(document_id=document.pk, now=clock.now())
    return Attachment(name=f"{document.label}.pdf", mime="application/pdf", content=content)
