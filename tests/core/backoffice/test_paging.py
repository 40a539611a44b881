"""The office's long lists: as many statements for many rows as for one, and an end to counting."""

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.backoffice import badges, paging, site
from courses.models import Customer

pytestmark = pytest.mark.django_db
LISTS = (
    "/admin/courses/booking/",
    "/admin/courses/customer/",
    "/admin/courses/coursesession/?when=all",
    "/admin/payments/payment/",
    "/admin/payments/payment/?status__exact=succeeded&card_brand__exact=visa",
    "/admin/payments/refund/",
    "/admin/invoicing/document/",
    "/admin/invoicing/document/?kind__exact=credit_note",
)


@pytest.fixture
def shop():
    call_command("load_sample_catalogue", bookings=120, verbosity=0)


@pytest.fixture
def rows_on_page(monkeypatch):
    def set_to(number: int) -> None:
        for model_admin in admin.site._registry.values():
            monkeypatch.setattr(model_admin, "list_per_page", number)
        monkeypatch.setattr(site, "RESULTS_ON_PAGE", number)

    return set_to


def asked(client, address: str) -> tuple[int, int]:
    """Statements, and rows that the answer shows."""
    badges.waiting(["refunds", "reviews", "webhooks"])
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200
    shown = answer.context["cl"].result_list if "cl" in answer.context else answer.context["groups"]
    return len(queries), sum(len(getattr(each, "rows", [each])) for each in shown)


class TestLists:
    def test_asks_as_much_for_many_rows_as_for_two(self, admin_client, shop, rows_on_page):
        """With two, so that what hangs on a row is asked for in both."""
        surname = Customer.objects.order_by("-created_at")[5].name.split()[-1]
        told = {}

        for address in (*LISTS, f"/admin/search/?s={surname}"):
            admin_client.get(address)
            rows_on_page(2)
            few, shown_few = asked(admin_client, address)
            rows_on_page(25)
            many, shown_many = asked(admin_client, address)
            assert shown_many > shown_few, address
            told[address] = many - few

        assert told == dict.fromkeys(told, 0)


class TestCountedSoFar:
    def test_ends_counting_and_says_how_to_come_to_the_others(
        self, admin_client, shop, rows_on_page, monkeypatch
    ):
        monkeypatch.setattr(paging.CountedSoFar, "counted_max", 50)
        rows_on_page(25)

        first = admin_client.get("/admin/courses/booking/")
        last = admin_client.get("/admin/courses/booking/?p=2")
        beyond = admin_client.get("/admin/courses/booking/?p=3")

        assert b"More than 50: the pages end there." in first.content
        assert len(last.context["cl"].result_list) == 25
        assert beyond.status_code == 302

    def test_counts_a_short_list_to_its_end(self, admin_client, shop):
        page = admin_client.get("/admin/courses/booking/")

        assert page.context["cl"].result_count == 120
        assert b"the pages end there" not in page.content
