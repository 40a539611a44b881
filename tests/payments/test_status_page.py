"""How often the page that waits asks the gateway."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from tests.payments import make

pytestmark = pytest.mark.django_db


class TestComingBack:
    def test_asks_the_gateway_once_in_five_seconds(self, sandbox, now, client):
        cache.clear()
        booking = make.ready(now=now)
        make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
        address = reverse("payments:status", args=[booking.token])
        before = len(sandbox.books()["requests"])

        for _ in range(5):
            assert client.get(address, {"returned": "1"}).status_code == 302

        assert len(sandbox.books()["requests"]) == before + 1
