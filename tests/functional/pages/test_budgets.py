"""How heavy the pages are: what a first visit transfers, compressed, against the budgets of the design."""

from pathlib import Path

import pytest

from tests.functional.pages import shop as shops
from tests.functional.wholeness import KB, packed, weights

CSS_MAX, SCRIPT_MAX, OWN_SCRIPT_MAX = 20 * KB, 30 * KB, 12 * KB
BUDGETS = {
    "catalogue": 110 * KB,
    "course": 110 * KB,
    "details": 90 * KB,
    "booking": 90 * KB,
    "pay": 100 * KB,
}
STATIC = Path(__file__).parents[3] / "static"


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
