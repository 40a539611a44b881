"""The contrast of every pair of colours that the pages use, computed from tokens.css by WCAG's formula."""

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[3] / "static/css/tokens.css").read_text()
TEXT, PART = 4.5, 3.0
THEMES = ["light", "dark"]
PAIRS = [
    ("ink", "page", TEXT),
    ("ink", "surface", TEXT),
    ("ink", "sunken", TEXT),
    ("ink-2", "page", TEXT),
    ("ink-2", "surface", TEXT),
    ("ink-2", "sunken", TEXT),
    ("ink-2", "brand-soft", TEXT),
    ("ink-2", "info-soft", TEXT),
    ("ink-2", "warn-soft", TEXT),
    ("ink-3", "page", TEXT),
    ("ink-3", "surface", TEXT),
    ("ink-3", "sunken", TEXT),
    ("on-brand", "brand", TEXT),
    ("on-brand", "brand-hover", TEXT),
    ("brand-ink", "page", TEXT),
    ("brand-ink", "surface", TEXT),
    ("brand-ink", "sunken", TEXT),
    ("brand-ink", "brand-soft", TEXT),
    ("brand-ink", "info-soft", TEXT),
    ("brand-ink", "warn-soft", TEXT),
    ("on-deep", "deep", TEXT),
    ("on-deep", "deep-2", TEXT),
    ("on-deep-2", "deep", TEXT),
    ("on-deep-2", "deep-2", TEXT),
    ("accent", "deep", TEXT),
    ("on-accent", "accent", TEXT),
    ("danger", "page", TEXT),
    ("danger", "surface", TEXT),
    ("danger", "danger-soft", TEXT),
    ("on-danger", "danger", TEXT),
    ("warn", "warn-soft", TEXT),
    ("info", "info-soft", TEXT),
    ("line-strong", "surface", PART),
    ("line-strong", "page", PART),
    ("brand", "page", PART),
    ("meter-mid", "surface", PART),
    ("meter-high", "surface", PART),
    ("meter-plus", "surface", PART),
]


def colour(name: str, theme: str) -> str:
    match = re.search(rf"--c-{name}: (?:light-dark\((#\w+), (#\w+)\)|(#\w+));", TOKENS)
    assert match, f"tokens.css has no --c-{name}"
    return match[3] or match[1 if theme == "light" else 2]


def luminance(hexadecimal: str) -> float:
    channels = [int(hexadecimal[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("over", "under", "least"), PAIRS)
class TestContrast:
    def test_is_enough(self, over, under, least, theme):
        found = contrast(colour(over, theme), colour(under, theme))

        assert found >= least, f"{over} on {under}, {theme}: {found:.2f}"


class TestOlderBrowsers:
    def test_get_every_light_value(self):
        before, after = TOKENS.split("@supports not")
        themed = dict(re.findall(r"--c-([\w-]+): light-dark\((#\w+), #\w+\);", before))
        plain = dict(re.findall(r"--c-([\w-]+): (#\w+);", after))

        assert plain == themed
