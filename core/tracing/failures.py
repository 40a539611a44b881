"""What may be told of an exception: its kind and where it happened; its words only where they quote nobody.

Python's own errors quote the value that was wrong ("invalid literal for int(): 'Ann Smith'"), and values are
people's. So words are kept only of errors of machines (database, broker, network) and of our own modules, and there
what stands in quotation marks is left out too, unless it names a part of the schema.
"""

import re
import traceback
from functools import lru_cache

from django.conf import settings
from opentelemetry.trace import Span, Status, StatusCode

from core.errors import Refusal, Unavailable
from core.tracing.redaction import redact

FRAMES_MAX = 30
CHAIN_MAX = 4
WORDS_MAX = 500
_TELLING = (
    *("core", "courses", "fraud", "payments", "invoicing", "config"),
    *("django", "psycopg", "psycopg_pool", "redis", "kombu", "celery", "billiard", "amqp"),
    *("smtplib", "ssl", "socket", "http", "urllib3", "requests"),
)
_QUOTING = (ValueError, LookupError, AssertionError, TypeError, AttributeError, NameError)
_SCHEMA = re.compile(
    r"(?P<kept>\b(?:constraint|relation|column|table|index|function|role|type|host|port) \"[^\"]*\")"
    r"|\"[^\"]*\"|'[^']*'|“[^”]*”|‘[^’]*’|(?m:^LINE \d+:.*$)"
)


def words_of(error: BaseException) -> str:
    """What the error says, as far as it may be told; "" where it may not."""
    if isinstance(error, Refusal):
        return error.code
    module = type(error).__module__.partition(".")[0]
    machine = isinstance(error, OSError) or module in _TELLING
    if not machine or (isinstance(error, _QUOTING) and module not in _TELLING):
        return ""
    if _is_validation(error):
        return ""
    return masked(str(error))


def masked(text: str) -> str:
    """`text` without what it quotes."""
    told = _SCHEMA.sub(lambda found: found["kept"] or "…", redact(text[:WORDS_MAX]))
    return told[:WORDS_MAX]


def chain_of(error: BaseException) -> list[BaseException]:
    """The error and what led to it."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < CHAIN_MAX and cause not in chain:
        chain.append(cause)
        hidden = cause.__suppress_context__
        cause = cause.__cause__ or (None if hidden else cause.__context__)
    return chain


def told(error: BaseException) -> list[dict[str, object]]:
    """For a log line: kinds, words and frames of the error and its causes."""
    return [
        {"type": name_of(each), "words": words_of(each), "frames": frames_of(each)}
        for each in chain_of(error)
    ]


def name_of(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def frames_of(error: BaseException) -> list[str]:
    """`file:line function`, the innermost last; no source and no variables."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
    return [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def facts_of(error: BaseException) -> dict[str, str]:
    """An error as the attributes of its span."""
    return {"error.type": name_of(error)}


def note(span: Span, error: BaseException) -> None:
    """Put the error on its span. A refusal (a declined card, a sold-out date) is an answer and no error."""
    if not span.is_recording():
        return
    if isinstance(error, Refusal) and not isinstance(error, Unavailable):
        span.set_attribute("rft.refusal", error.code)
        return
    name = name_of(error)
    span.set_attributes(facts_of(error))
    span.set_status(Status(StatusCode.ERROR, name))
    span.add_event(
        "exception",
        {
            "exception.type": name,
            "exception.message": words_of(error),
            "exception.stacktrace": "\n".join(frames_of(error)),
        },
    )


@lru_cache(maxsize=1024)
def _place(path: str) -> str:
    """The file's path from where our code or the packages begin."""
    return path.rpartition("site-packages/")[2].removeprefix(f"{settings.BASE_DIR}/")


def _is_validation(error: BaseException) -> bool:
    return type(error).__name__ == "ValidationError"
