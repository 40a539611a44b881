"""A booking that a person checks first: calm words for the customer, a decision of the office, and its end."""

import pytest

from fraud.models import ReviewCase
from payments.models import PaymentStatus
from tests.functional.journeys.customer import TO_REVIEW, eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def checked(customer):
    """Paid with a card that the gateway finds risky."""
    customer.chooses()
    customer.is_coming()
    customer.pays(TO_REVIEW)
    customer.sees("We’re checking your booking")
    return customer


def decide(office, customer, *, answer: str, reason: str) -> None:
    case = ReviewCase.objects.get(payment_id=customer.payments[0].pk)
    office.page.goto(f"/admin/fraud/reviewcase/{case.pk}/decide/")
    office.page.locator(f"input[name=decision][value={answer}]").check()
    office.page.locator("select[name=reason]").select_option(reason)
    office.page.locator("main button[type=submit], .staff button[type=submit]").first.click()
    office.page.wait_for_url("**/admin/fraud/reviewcase/**")
    eventually(lambda: ReviewCase.objects.get(pk=case.pk).state, lambda state: state != "open")


class TestTheCustomer:
    def test_is_told_the_truth_and_no_reason(self, checked):
        checked.reads("Your 1 place is held.")
        checked.reads("Your card hasn’t been charged. Your bank may show £96.00 as pending.")
        text = checked.page.locator("main").inner_text().lower()
        assert not {"fraud", "score", "risk", "suspicious"} & set(text.split())
        assert checked.booking.status == "under_review"
        assert [each.status for each in checked.payments] == [PaymentStatus.AUTHORISED]
        checked.mails("payments.being_checked")


class TestApproved:
    def test_is_taken_and_confirmed(self, checked, office):
        decide(office, checked, answer="approve", reason="spoke_to_customer")

        eventually(lambda: checked.booking.status, lambda status: status == "confirmed")
        checked.page.reload()
        checked.sees("You’re booked")
        assert [each.status for each in checked.payments] == [PaymentStatus.SUCCEEDED]
        assert len(checked.papers(at_least=1)) == 1
        checked.mails("courses.confirmation", "invoicing.invoice")


class TestDeclined:
    def test_is_released_and_nothing_is_taken(self, checked, office):
        decide(office, checked, answer="decline", reason="not_confirmed")

        eventually(lambda: checked.booking.status, lambda status: status == "cancelled")
        checked.page.reload()
        checked.sees("We couldn’t confirm your booking")
        checked.reads("we’ve released the £96.00. Nothing was taken.")
        assert [each.status for each in checked.payments] == [PaymentStatus.CANCELLED]
        assert checked.papers(at_least=0) == []
        checked.mails("payments.not_confirmed")
