"""Handing messages to the mail server, outside any transaction, each once in the normal course.

1. Claim by a conditional update: one sender, for the length of a lease.
2. Send, with a Message-ID that is the same at each try.
3. Record how it went, if the claim is still ours.

SMTP can't tell a message that was taken from one that was lost when the connection breaks after the words
were sent. Such a try is `unknown` and is repeated with the same Message-ID, by which a mailbox knows it again:
a second copy is a smaller evil than a customer without a confirmation.
"""

import time
from datetime import datetime
from email.utils import parseaddr

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from prometheus_client import Counter

from core.breakers.guard import Admission, NotPermitted
from core.crashpoints import crash_point
from core.crypto.keyring import Unreadable
from core.database.transactions import give_connection_back, refuse_inside_transaction
from core.errors import Unavailable
from core.mail.attachments import Attachment, AttachmentReference, provided
from core.mail.guards import MAIL
from core.mail.line import Line, NotSent, answer_of
from core.mail.models import Delivery, Message, Outcome
from core.tracing import spans

log = structlog.get_logger(__name__)
tries_total = Counter("mail_tries", "Tries to send a message", ["outcome"])
BATCH = 50
# A lease counts from the batch's `now`. What a slow server leaves no time for is the next batch's: begun here, it
# could be somebody else's again before it is sent.
BATCH_SECONDS = 60.0


def send_due(*, now: datetime, limit: int = BATCH) -> int:
    """Try every message that is due, at most `limit` and for a minute; returns how many were tried.

    Ends early, before the next message is claimed, when the breaker of the mail server is open.
    """
    refuse_inside_transaction("mail")
    tried, until = 0, time.monotonic() + BATCH_SECONDS
    due = Message.objects.due(now).order_by("due_at").prefetch_related("attachments")
    with Line() as line:
        for message in list(due[:limit]):
            try:
                tried += _take(message, line, now)
            except NotPermitted:
                break
            if time.monotonic() >= until:
                break
    return tried


def _take(message: Message, line: Line, now: datetime) -> bool:
    """Raises NotPermitted before the message is claimed."""
    with MAIL.admit() as admitted:
        # What is sent never changes, and whether it still is to be sent the claim asks.
        if not message.claim(now=now):
            return False
        facts = {"rft.message": str(message.pk), "rft.mail.kind": message.kind}
        with spans.continued(message.trace, "send mail", attributes=facts):
            _try(message, line, admitted, now)
    return True


def _try(message: Message, line: Line, admitted: Admission, now: datetime) -> None:
    try:
        letter = _composed(message)
        give_connection_back()
        admitted.call(line.send, letter)
    except NotSent as failure:
        _record(message, failure.outcome, failure.answer, now)
        return
    crash_point("CP15")
    _record(message, Outcome.ACCEPTED, "", now)


def _composed(message: Message) -> EmailMultiAlternatives:
    """Raises NotSent when a file is not there yet, or something does not open."""
    try:
        email = EmailMultiAlternatives(
            subject=message.subject,
            body=message.text,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[message.recipient],
            headers={"Message-ID": message_id(message), "Auto-Submitted": "auto-generated"},
        )
        email.attach_alternative(message.html, "text/html")
        for file in _files(message):
            email.attach(file.name, file.content, file.mime)
    except Unreadable as error:
        raise NotSent(Outcome.TEMPORARY, answer_of(error)) from None
    except Unavailable as refusal:
        raise NotSent(Outcome.TEMPORARY, refusal.code) from None
    return email


def message_id(message: Message) -> str:
    """The same at every try, so that a repeat can be known for one."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    return f"<{message.pk}@{domain}>"


def _files(message: Message) -> list[Attachment]:
    return [
        provided(AttachmentReference(file.provider, file.provided_id))
        if file.provider
        else Attachment(name=file.name, mime=file.mime, content=file.content or b"")
        for file in sorted(message.attachments.all(), key=lambda each: each.pk)
    ]


def _record(message: Message, outcome: Outcome, answer: str, now: datetime) -> None:
    with transaction.atomic():
        Delivery.objects.create(
            message=message, attempt=message.attempt, outcome=outcome, answer=answer[:80], at=now
        )
        if outcome == Outcome.ACCEPTED:
            message.mark_sent(now=now)
        elif outcome == Outcome.REFUSED:
            message.mark_dead()
        else:
            message.mark_failed(now=now)
    tries_total.labels(outcome.value).inc()
    log.info(
        "mail_tried",
        message=str(message.pk),
        kind=message.kind,
        outcome=outcome.value,
        answer=answer,
    )
