"""What must not be read is not there, and what must be read is left alone."""

import random

import pytest

from core.tracing.redaction import _RULES, TEXT_LENGTH_MAX, redact, redacted

TOKEN = "Zk3v9-_QpL8aXb2c7Yt0Wn5Rm4Jd6Hs1"


class TestRedact:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (f"/bookings/{TOKEN}/", "/bookings/[token]/"),
            (f"/api/v1/bookings/{TOKEN}/payments/", "/api/v1/bookings/[token]/payments/"),
            (
                f"GET https://x.example/bookings/{TOKEN}?a=1 404",
                "GET https://x.example/bookings/[token]?a=1 404",
            ),
            ("to ann.o'neill+x@mail.example.org now", "to [email] now"),
            ("card 4242 4242 4242 4242.", "card [number]."),
            (f"looked at {TOKEN} twice", "looked at [token] twice"),
            ("card 4242424242424242", "card [number]"),
            ("pi_3Abc_secret_xyz123", "[client secret]"),
            ("key sk_test_51Habcdefgh", "key [key]"),
            ("whsec_abcdefghijk", "[key]"),
            ("redis://:hunter2@host:6379/0", "redis://:[password]@host:6379/0"),
            ("duplicate key\nDETAIL:  Key (name)=(Ann) exists.", "duplicate key\nDETAIL: [row]"),
        ],
    )
    def test_takes_out(self, text, expected):
        assert redact(text) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "/courses/emergency-first-aid/",
            "booking_confirmed",
            "pi_3AbcDef123",
            "2026-11-23T09:00:00.123456Z",
            "01a20782-bc2e-7050-9363-ce6d64801d4c",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "RFT-7KQ9TC £96.00",
        ],
    )
    def test_leaves_alone(self, text):
        assert redact(text) == text

    def test_says_at_once_only_of_what_no_rule_would_change(self):
        """Each text, made of pieces of what must not be read, against all rules without their short cuts."""
        dice = random.Random(18)
        pieces = [
            *(
                "bookings/",
                "/",
                "sk_",
                "rk_",
                "whsec_",
                "pi_",
                "_secret_",
                "://",
                ":",
                "@",
                ".",
                " ",
            ),
            *("DETAIL:", "\n", "-", "Ab1", "x9", "4242", "1 ", "é", "Ü", TOKEN[:16], TOKEN[16:]),
        ]
        for _ in range(20_000):
            text = "".join(dice.choices(pieces, k=dice.randint(1, 14)))
            expected = text
            for _, pattern, replacement in _RULES:
                expected = pattern.sub(replacement, expected)
            assert redact(text) == expected

    def test_keeps_lines_short(self):
        assert len(redact("x y " * 10_000)) == TEXT_LENGTH_MAX + 1

    def test_searches_no_more_of_hostile_text_than_a_line_could_show(self, monkeypatch):
        searched: list[int] = []

        def measuring(may_match):
            def measured(text):
                searched.append(len(text))
                return may_match(text)

            return measured

        watched = [(measuring(may_match), *rest) for may_match, *rest in _RULES]
        monkeypatch.setattr("core.tracing.redaction._RULES", watched)

        for hostile in (
            "a" * 100_000,
            "@" * 50_000,
            "1 " * 50_000,
            "a.b@" * 20_000,
            "/bookings/" * 10_000,
        ):
            assert len(redact(hostile)) <= TEXT_LENGTH_MAX + 1

        assert len(searched) == 5 * len(_RULES)
        assert max(searched) <= 3 * TEXT_LENGTH_MAX


class TestRedacted:
    def test_reaches_into_plain_data(self):
        data = {"a": [{"to": "ann@example.org"}], "ann@example.org": 1, "n": 5, "none": None}

        assert redacted(data) == {"a": [{"to": "[email]"}], "[email]": 1, "n": 5, "none": None}

    def test_ends_in_the_depth(self):
        deep: list = []
        deep.append(deep)

        assert "…" in str(redacted(deep))
