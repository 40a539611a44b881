"""Messages for tests, and templates of their own."""

from datetime import UTC, datetime

import pytest

from core.mail import services
from core.mail.models import Message

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def letter(dedupe_key: str = "letter-1", **changes) -> Message:
    values = {
        "kind": "test.letter",
        "to": "ann@example.org",
        "subject": "Booked: First aid",
        "text_template": "letter.txt",
        "html_template": "letter.html",
        "context": {"name": "Ann <b>"},
        "dedupe_key": dedupe_key,
        "about": "courses.booking:1",
        "now": NOW,
    }
    return services.send(**values | changes)


@pytest.fixture
def letter_templates(settings, tmp_path):
    """Two templates over the shared base, in a folder of their own."""
    (tmp_path / "letter.txt").write_text(
        '{% extends "emails/base.txt" %}{% block content %}Hello {{ name }}.{% endblock %}'
    )
    (tmp_path / "letter.html").write_text(
        '{% extends "emails/base.html" %}{% block content %}<p>Hello {{ name }}.</p>{% endblock %}'
    )
    template = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**template, "DIRS": [*template["DIRS"], tmp_path]}]
