"""Fixtures for the machinery's tests."""

import pytest


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
