"""Handing messages to the mail server, outside any transaction, each once in the normal course.

1. Claim by a conditional update: one sender, for the length of a lease.
2. Send, with a Message-ID that is the same at each try.
3. Record how it went, if the claim is still ours.

SMTP can't tell a message that was taken from one that was lost when the connection breaks after the words
were sent. Such a try is `unknown` and is repeated with the same Message-ID, by which a mailbox knows it again:
a second copy is a smaller evil than a customer without a confirmation.
"""

import smtplib
from datetime import datetime
from email.utils import parseaddr

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from prometheus_client import Counter

from core.crashpoints import crash_point
from core.crypto.keyring import Unreadable
from core.database.transactions import refuse_inside_transaction
from core.errors import Unavailable
from core.mail.attachments import Attachment, AttachmentReference, provided
from core.mail.models import Delivery, Message, Outcome
from core.tracing.propagation import attach

log = structlog.get_logger(__name__)
tries_total = Counter("mail_tries", "Tries to send a message", ["outcome"])
BATCH = 50


class _NotSent(Exception):
    """How a try failed: the outcome, and the server's code or the kind of failure."""

    def __init__(self, outcome: Outcome, answer: str) -> None:
        self.outcome, self.answer = outcome, answer
        super().__init__(f"{outcome}: {answer}")


def send_due(*, now: datetime, limit: int = BATCH) -> int:
    """Try every message that is due, at most `limit`; returns how many were tried."""
    refuse_inside_transaction("mail")
    tried = 0
    due = Message.objects.due(now).order_by("due_at").prefetch_related("attachments")
    for message in list(due[:limit]):
        # What is sent never changes, and whether it still is to be sent the claim asks.
        if message.claim(now=now):
            with attach(message.trace):
                _try(message, now)
            tried += 1
    return tried


def _try(message: Message, now: datetime) -> None:
    try:
        _hand_over(message)
    except _NotSent as failure:
        _record(message, failure.outcome, failure.answer, now)
        return
    crash_point("CP15")
    _record(message, Outcome.ACCEPTED, "", now)


def _hand_over(message: Message) -> None:
    """Raises _NotSent unless the server took the message."""
    email = _composed(message)
    connection = get_connection(timeout=settings.EMAIL_TIMEOUT)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise _NotSent(Outcome.TEMPORARY, _answer_of(error)) from None
    try:
        connection.send_messages([email])
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise _NotSent(_outcome_of(code), str(code)) from None
    except smtplib.SMTPResponseException as error:
        raise _NotSent(_outcome_of(error.smtp_code), str(error.smtp_code)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise _NotSent(Outcome.UNKNOWN, _answer_of(error)) from None
    finally:
        _close(connection)


def _close(connection: BaseEmailBackend) -> None:
    """The message's fate is known by now: a broken goodbye changes nothing about it."""
    try:
        connection.close()
    except (OSError, smtplib.SMTPException) as error:
        log.info("mail_goodbye_failed", error=type(error).__name__)


def _composed(message: Message) -> EmailMultiAlternatives:
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
        raise _NotSent(Outcome.TEMPORARY, _answer_of(error)) from None
    except Unavailable as refusal:
        raise _NotSent(Outcome.TEMPORARY, refusal.code) from None
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


def _outcome_of(code: int) -> Outcome:
    """5xx is for good (RFC 5321, 4.2.1); but a refused login is our setting's fault, and passes."""
    return (
        Outcome.REFUSED if 500 <= code < 600 and code not in (530, 535, 538) else Outcome.TEMPORARY
    )


def _answer_of(error: Exception) -> str:
    code = getattr(error, "smtp_code", "")
    return f"{type(error).__name__} {code}".strip()
