"""How heavy the pages are: what a first visit transfers, compressed, against the budgets of the design."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.functional.pages import shop as shops

KB = 1000
CSS_MAX, SCRIPT_MAX, OWN_SCRIPT_MAX = 20 * KB, 30 * KB, 12 * KB
BUDGETS = {
    "catalogue": 110 * KB,
    "course": 110 * KB,
    "details": 90 * KB,
    "booking": 90 * KB,
    "pay": 100 * KB,
}
STATIC = Path(__file__).parents[3] / "static"
LINKED = re.compile(r'(?:href|src)="/static/([^"?]+)"')


def packed(content: bytes) -> int:
    return len(gzip.compress(content, 6))


def weights(html: str) -> dict[str, int]:
    """Bytes by kind of all that this page links from our own server."""
    found = {"html": packed(html.encode()), "css": 0, "js": 0, "woff2": 0, "svg": 0}
    for name in sorted(set(LINKED.findall(html))):
        content = Path(finders.find(name)).read_bytes()
        kind = name.rsplit(".", 1)[-1]
        found[kind] += len(content) if kind == "woff2" else packed(content)
    return found


@pytest.mark.parametrize("name", list(BUDGETS))
class TestPage:
    def test_stays_within_its_budget(self, name, shop, customer):
        html = customer.get(shops.address_of(name, shop)).content.decode()

        found = weights(html)

        assert found["css"] <= CSS_MAX
        assert found["js"] <= SCRIPT_MAX
        assert found["woff2"] <= 21 * KB
        assert sum(found.values()) <= BUDGETS[name], found


class TestOwnScripts:
    def test_are_small_together(self):
        scripts = [
            path for path in (STATIC / "js").glob("*.js") if not path.name.startswith("unfold")
        ]

        assert sum(packed(path.read_bytes()) for path in scripts) <= OWN_SCRIPT_MAX
