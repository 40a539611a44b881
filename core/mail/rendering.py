"""Templates to words: HTML escaped, plain text not, subjects in one line."""

import re
from typing import Any

from django.conf import settings
from django.template import Context, Template
from django.template.loader import get_template

from core.mail import colours

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
SUBJECT_LENGTH_MAX = 180


def html(template: str, context: dict[str, Any]) -> str:
    return _django_template(template).render(Context({**_frame(), **context}))


def text(template: str, context: dict[str, Any]) -> str:
    words = Context({**_frame(), **context}, autoescape=False)
    rendered = _django_template(template).render(words)
    return re.sub(r"\n{3,}", "\n\n", rendered).strip() + "\n"


def subject_line(subject: str) -> str:
    """One line without control characters: what people typed can't add a header."""
    return _CONTROL.sub(" ", subject).strip()[:SUBJECT_LENGTH_MAX]


def _django_template(name: str) -> Template:
    """The engine's own template: only it lets a context say that this is not HTML."""
    found: Any = get_template(name)
    return found.template


def _frame() -> dict[str, Any]:
    """What the shared base needs."""
    return {
        "colour": colours.tokens(),
        "site_url": settings.SITE_URL,
        "seller_name": settings.SELLER_NAME,
        "seller_address": settings.SELLER_ADDRESS,
        "office_phone": settings.OFFICE_PHONE,
        "office_hours": settings.OFFICE_HOURS,
    }
