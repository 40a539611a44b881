"""E-mails wear the site's colours, say who sends them, and take nobody's markup."""

import pytest

from core.mail import colours, rendering


class TestColours:
    def test_are_those_of_the_site(self):
        tokens = colours.tokens()

        assert tokens["light"]["brand"].lower() == "#0a6b47"
        assert tokens["dark"]["brand"].lower() == "#35c98b"
        assert tokens["light"]["accent"] == tokens["dark"]["accent"]

    def test_read_both_ways_of_writing_one(self):
        css = ":root { --c-ink-2: light-dark(#111111, #eeeeee); --c-accent: #ffc43d; }"

        assert colours.parse(css) == {
            "light": {"ink_2": "#111111", "accent": "#ffc43d"},
            "dark": {"ink_2": "#eeeeee", "accent": "#ffc43d"},
        }


@pytest.mark.usefixtures("letter_templates")
class TestHtml:
    def test_escapes_what_people_typed(self):
        body = rendering.html("letter.html", {"name": "<script>alert(1)</script>{{ 7|add:7 }}"})

        assert "<script>" not in body
        assert "{{ 7|add:7 }}" in body

    def test_loads_nothing_from_anywhere(self):
        body = rendering.html("letter.html", {"name": "Ann"})

        for remote in ("<img", "<link", "<script", "url(", "@import"):
            assert remote not in body

    def test_uses_every_colour_it_names(self):
        body = rendering.html("letter.html", {"name": "Ann"})

        assert "background: ;" not in body
        assert "color: ;" not in body
        assert "color:;" not in body


@pytest.mark.usefixtures("letter_templates")
class TestText:
    def test_is_plain(self, settings):
        body = rendering.text("letter.txt", {"name": "O'Neill & <Sons>"})

        assert "Hello O'Neill & <Sons>." in body
        assert settings.OFFICE_PHONE in body
