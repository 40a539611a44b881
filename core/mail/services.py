"""Writing an e-mail: a row in the caller's transaction, sent by a worker after the commit, once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from core import nudges
from core.audit import services as audit
from core.crypto.index import blind_index
from core.errors import Conflict, Invalid, NotFound
from core.mail import models, rendering
from core.mail.attachments import Attachment, AttachmentReference
from core.mail.models import Message, MessageState
from core.tracing.propagation import current_context

SEND_DUE = "core.mail.tasks.send_due"
RECIPIENT = "mail.recipient"


class BadRecipient(Invalid):
    code = "bad_recipient"
    detail = "That is not an e-mail address."


class MessageNotFound(NotFound):
    code = "message_not_found"
    detail = "There is no such message."


class StillBeingSent(Conflict):
    code = "still_being_sent"
    detail = "This message is still on its way."


def send(
    *,
    kind: str,
    to: str,
    subject: str,
    text_template: str,
    html_template: str,
    context: dict[str, Any],
    dedupe_key: str,
    about: str,
    now: datetime,
    attachments: Sequence[Attachment | AttachmentReference] = (),
) -> Message:
    """Queue one message; with a `dedupe_key` that was used before, return that message and write nothing."""
    _refuse_bad(to)
    message = Message(
        kind=kind,
        about=about,
        dedupe_key=dedupe_key,
        recipient=to,
        recipient_index=blind_index(to, RECIPIENT),
        subject=rendering.subject_line(subject),
        text=rendering.text(text_template, context),
        html=rendering.html(html_template, context),
        due_at=now,
        created_at=now,
        trace=current_context(),
    )
    return _queue(message, [_attached(message, attachment) for attachment in attachments])


def resend(*, message_id: UUID, actor: str, now: datetime) -> Message:
    """Send the same words to the same person again, as a message of its own; staff asked for it."""
    with transaction.atomic():
        original = Message.objects.select_for_update().filter(pk=message_id).first()
        if original is None:
            raise MessageNotFound()
        if original.state not in (MessageState.SENT, MessageState.DEAD):
            raise StillBeingSent()
        copy = _queue(*_copy(original, now))
        audit.record(
            subject=f"mail.message:{original.pk}",
            action="resend",
            actor=actor,
            after={"message": str(copy.pk)},
            now=now,
        )
    return copy


def forward(*, message_id: UUID, to: str, occasion: str, actor: str, now: datetime) -> Message:
    """The same words and files to somebody else too; the same `occasion` twice is one message."""
    _refuse_bad(to)
    with transaction.atomic():
        original = Message.objects.filter(pk=message_id).first()
        if original is None:
            raise MessageNotFound()
        copy, files = _copy(original, now)
        copy.dedupe_key = f"{original.pk}#to:{occasion}"
        copy.recipient, copy.recipient_index = to, blind_index(to, RECIPIENT)
        for file in files:
            file.message = copy
        kept = _queue(copy, files)
        audit.record(
            subject=f"mail.message:{original.pk}",
            action="forward",
            actor=actor,
            after={"message": str(kept.pk)},
            now=now,
        )
    return kept


def _queue(message: Message, attachments: list[models.Attachment]) -> Message:
    """Insert, unless the key is taken: then a concurrent or earlier call has done it."""
    with transaction.atomic():
        Message.objects.bulk_create([message], ignore_conflicts=True)
        kept = Message.objects.get(dedupe_key=message.dedupe_key)
        if kept.pk == message.pk:
            models.Attachment.objects.bulk_create(attachments)
            nudges.on_commit(SEND_DUE)
    return kept


def _refuse_bad(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise BadRecipient(fields={"email": [BadRecipient.detail]}) from None


def _attached(message: Message, attachment: Attachment | AttachmentReference) -> models.Attachment:
    if isinstance(attachment, AttachmentReference):
        return models.Attachment(
            message=message,
            provider=attachment.provider,
            provided_id=attachment.provided_id,
        )
    return models.Attachment(
        message=message,
        name=attachment.name,
        mime=attachment.mime,
        content=attachment.content,
    )


def _copy(original: Message, now: datetime) -> tuple[Message, list[models.Attachment]]:
    root = original.dedupe_key.split("#again-")[0]
    number = Message.objects.filter(dedupe_key__startswith=f"{root}#again-").count() + 1
    copy = Message(
        kind=original.kind,
        about=original.about,
        dedupe_key=f"{root}#again-{number}",
        recipient=original.recipient,
        recipient_index=original.recipient_index,
        subject=original.subject,
        text=original.text,
        html=original.html,
        due_at=now,
        created_at=now,
        trace=current_context(),
    )
    files = [
        models.Attachment(
            message=copy,
            name=file.name,
            mime=file.mime,
            content=file.content,
            provider=file.provider,
            provided_id=file.provided_id,
        )
        for file in original.attachments.all()
    ]
    return copy, files
