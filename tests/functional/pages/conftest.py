"""The shop for every page test, and a browser that has booked in it."""

import pytest
from django.test import Client

from tests.functional.pages import shop as shops


@pytest.fixture
def shop(db) -> shops.Shop:
    return shops.open_shop()


@pytest.fixture
def customer(client: Client) -> Client:
    client.cookies["rft_browser"] = shops.BROWSER
    return client
