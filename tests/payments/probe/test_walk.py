"""The synthetic booking: as far as the card, never further, and nothing is left behind."""

import pytest

from courses.models import Booking
from payments.models import Payment
from payments.probe.browser import Answer, HttpBrowser
from payments.probe.walk import to_the_pay_page
from tests.functional.pages import shop as shops
from tests.payments.probe.browsing import TestBrowser

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return shops.open_shop()


def failing(at: str, status: int):
    def alter(path: str, answer: Answer) -> Answer:
        return Answer(status, answer.headers, answer.body) if path.endswith(at) else answer

    return TestBrowser(alter)


class TestToThePayPage:
    def test_comes_to_the_card_form_and_gives_the_place_back(self, shop):
        before = Booking.objects.filter(status="held").count()

        with to_the_pay_page(TestBrowser()) as walk:
            assert walk.page is not None
            assert Booking.objects.filter(status="held").count() == before + 1

        assert walk.ok
        assert list(walk.steps) == ["catalogue", "hold", "details", "pay page"]
        assert Booking.objects.filter(status="held").count() == before
        assert Payment.objects.count() == 0

    def test_takes_nobodys_last_place(self, shop):
        full = shop.sessions[4]
        for session in shop.sessions:
            session.capacity = 3 if session == full else 1
            session.save()

        with to_the_pay_page(TestBrowser()) as walk:
            pass

        assert not walk.ok
        assert walk.stuck == "catalogue: no date with room that costs something"

    @pytest.mark.parametrize(("at", "step"), [("/bookings/", "hold"), ("/pay/", "pay page")])
    def test_names_the_step_that_failed_and_gives_the_place_back(self, shop, at, step):
        before = Booking.objects.filter(status="held").count()

        with to_the_pay_page(failing(at, 500)) as walk:
            pass

        assert walk.stuck.startswith(f"{step}: status 500")
        if step != "hold":
            assert Booking.objects.filter(status="held").count() == before

    def test_says_that_nobody_answers(self, shop):
        with to_the_pay_page(TestBrowser(dead=True)) as walk:
            pass

        assert walk.stuck == "catalogue: URLError"


class TestHttpBrowser:
    def test_goes_nowhere_else(self):
        with pytest.raises(ValueError, match="is not of"):
            HttpBrowser("http://127.0.0.1:9").ask("GET", "https://example.com/")
