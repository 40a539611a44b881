"""The line to the mail server: one connection for a batch of messages, a fresh one after whatever went wrong.

To greet a server, agree on a cipher and sign in costs more than the message that follows. But what one message
did to a connection must be no other's fate: one that is not known to be sound is not used again.
"""

import smtplib
from types import TracebackType

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from core.mail.models import Outcome
from core.tracing import spans, work

log = structlog.get_logger(__name__)
OK = 250
GOING_DOWN = 421


class NotSent(Exception):
    """How a try failed: the outcome, the server's code or the kind of failure, and whether it says that
    no other message would fare better."""

    def __init__(self, outcome: Outcome, answer: str, *, line_is_down: bool = False) -> None:
        self.outcome, self.answer, self.line_is_down = outcome, answer, line_is_down
        super().__init__(f"{outcome}: {answer}")


class Line:
    """Used in a `with`; the connection is opened for the first message, and closed at the end."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def __enter__(self) -> "Line":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _failure: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._hang_up()

    def send(self, email: EmailMessage) -> None:
        """Raises NotSent unless the server took the message."""
        connection = self._ready()
        try:
            _hand_over(connection, email)
        except NotSent:
            self._hang_up()
            raise

    def _ready(self) -> BaseEmailBackend:
        """Asked just before each message: a server hangs up on who was silent, or has sent enough."""
        if self._connection is not None and not _answers(self._connection):
            self._hang_up()
        if self._connection is None:
            self._connection = _opened()
        return self._connection

    def _hang_up(self) -> None:
        """The fate of what was sent is known by now: a broken goodbye changes nothing about it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except (OSError, smtplib.SMTPException) as error:
            log.info("mail_goodbye_failed", error=type(error).__name__)


def check() -> None:
    """Whether the server takes us in; no message is sent. Raises NotSent."""
    _opened().close()


def answer_of(error: Exception) -> str:
    code = getattr(error, "smtp_code", "")
    return f"{type(error).__name__} {code}".strip()


def _opened() -> BaseEmailBackend:
    connection = get_connection(timeout=settings.EMAIL_TIMEOUT)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(Outcome.TEMPORARY, answer_of(error), line_is_down=True) from None
    return connection


def _answers(connection: BaseEmailBackend) -> bool:
    session: smtplib.SMTP | None = getattr(connection, "connection", None)
    if session is None:
        return False  # a folder of files has no session to keep
    try:
        return session.noop()[0] == OK
    except (OSError, smtplib.SMTPException):
        return False


def _hand_over(connection: BaseEmailBackend, email: EmailMessage) -> None:
    try:
        with work.timed(work.MAIL), spans.client("SMTP send", "smtp"):
            connection.send_messages([email])
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise NotSent(_outcome_of(code), str(code)) from None
    except smtplib.SMTPResponseException as error:
        down = error.smtp_code == GOING_DOWN
        answer = str(error.smtp_code)
        raise NotSent(_outcome_of(error.smtp_code), answer, line_is_down=down) from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(Outcome.UNKNOWN, answer_of(error), line_is_down=True) from None


def _outcome_of(code: int) -> Outcome:
    """5xx is for good (RFC 5321, 4.2.1); but a refused login is our setting's fault, and passes."""
    return (
        Outcome.REFUSED if 500 <= code < 600 and code not in (530, 535, 538) else Outcome.TEMPORARY
    )
