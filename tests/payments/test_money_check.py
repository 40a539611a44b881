"""The money check: the differences that stand, day by day the two sums, and what can be done about each."""

from datetime import timedelta

import pytest
from django.urls import reverse

from payments.models import Difference
from payments.services import reconciling
from tests.core.backoffice import staff
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db
PAGE = "/admin/payments/difference/"


@pytest.fixture
def difference(sandbox, now):
    payment = make.paid(sandbox, now=now)
    drain_outbox()
    return Difference.objects.create(
        kind="payment_amount", subject=payment.gateway_id, payment=payment, ours_minor=9500,
        theirs_minor=payment.captured_minor, happened_at=now, first_seen_at=now, last_seen_at=now,
    )  # fmt: skip


def act(client, difference, what, **data):
    address = reverse(f"admin:payments_difference_{what}", args=[difference.pk])
    return client.post(address, data, follow=True)


class TestPage:
    def test_says_before_the_first_comparison_that_there_is_none(self, client):
        client.force_login(staff.of_role("approver"))

        assert "Not compared yet" in client.get(PAGE).content.decode()

    def test_says_to_the_penny_when_nothing_differs(self, client, sandbox, now):
        make.paid(sandbox, now=now)
        drain_outbox()
        reconciling.recent(now=now + timedelta(minutes=10))
        client.force_login(staff.of_role("approver"))

        page = client.get(PAGE).content.decode()

        assert "Nothing differs, to the penny" in page
        assert "£0.00" in page

    def test_shows_what_differs_with_its_cause(self, client, difference):
        client.force_login(staff.of_role("approver"))

        page = client.get(PAGE).content.decode()

        assert "1 difference to look at" in page
        assert "Captured by hand in Stripe" in page
        assert "£95.00" in page

    def test_costs_the_same_statements_however_much_differs(
        self, client, difference, now, django_assert_max_num_queries
    ):
        Difference.objects.bulk_create(
            Difference(
                kind="payment_unknown", subject=f"pi_{number}", happened_at=now, first_seen_at=now,
                last_seen_at=now,
            )
            for number in range(30)
        )  # fmt: skip
        client.force_login(staff.of_role("approver"))

        with django_assert_max_num_queries(20):
            page = client.get(PAGE)

        assert "31 differences" in page.content.decode()

    def test_office_reads_and_cannot_act(self, client, difference):
        client.force_login(staff.of_role("office"))

        assert "Look again" not in client.get(PAGE).content.decode()
        assert act(client, difference, "explain", note="So it is.").status_code == 403
        difference.refresh_from_db()
        assert difference.status == "open"


class TestActs:
    @pytest.fixture(autouse=True)
    def approver(self, client):
        client.force_login(staff.of_role("approver"))

    def test_looks_again_and_ends_what_is_gone(self, client, difference):
        answer = act(client, difference, "look")

        difference.refresh_from_db()
        assert difference.status == "gone"
        assert "It no longer differs." in answer.content.decode()

    def test_gives_to_a_person(self, client, difference):
        act(client, difference, "give", person="Priya")

        difference.refresh_from_db()
        assert (difference.status, difference.given_to) == ("given", "Priya")

    def test_explains(self, client, difference):
        act(client, difference, "explain", note="The bank’s test.")

        difference.refresh_from_db()
        assert (difference.status, difference.note) == ("explained", "The bank’s test.")

    def test_refuses_an_explanation_without_words(self, client, difference):
        answer = act(client, difference, "explain", note=" ")

        difference.refresh_from_db()
        assert difference.status == "open"
        assert "required" in answer.content.decode()

    def test_says_so_when_it_cannot_be_adopted(self, client, difference):
        answer = act(client, difference, "adopt")

        difference.refresh_from_db()
        assert difference.status == "open"
        assert "Give it to a person" in answer.content.decode()
