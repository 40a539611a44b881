"""A browser for the journeys, and the shop that they book in."""

import pytest

from tests.core.backoffice import staff
from tests.functional import chromium as browsers
from tests.functional.journeys.customer import Customer
from tests.functional.pages import shop as shops


@pytest.fixture
def shop(stack, transactional_db) -> shops.Shop:
    stack.sandbox.clear_faults()
    return shops.open_shop()


@pytest.fixture
def customer(stack, chromium, shop):
    """One person's browser; at the end neither its console nor its policy may have complained."""
    with browsers.visitor(chromium, stack.url) as visitor:
        yield Customer(visitor, shop)
        visitor.has_no_complaints()


@pytest.fixture
def office(stack, chromium, client):
    """Somebody of the office at the back office, signed in."""
    client.force_login(staff.of_role("owner"))
    with browsers.visitor(chromium, stack.url) as visitor:
        cookie = client.cookies["sessionid"].value
        visitor.context.add_cookies([{"name": "sessionid", "value": cookie, "url": stack.url}])
        yield visitor
        visitor.has_no_complaints()
