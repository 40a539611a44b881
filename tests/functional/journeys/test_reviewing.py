"""A booking that a person checks first: calm words for the customer, a decision of the office, and its end."""

from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from core import clock
from fraud.models import ReviewCase
from fraud.services import reviews
from payments.models import PaymentStatus
from tests.core.backoffice import staff
from tests.functional import chromium as browsers
from tests.functional.journeys.customer import PATIENCE_MS, TO_REVIEW, eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def checked(customer):
    """Paid with a card that the gateway finds risky."""
    customer.chooses()
    customer.is_coming()
    customer.pays(TO_REVIEW)
    customer.sees("We’re checking your booking")
    return customer


@pytest.fixture
def colleague(stack, chromium):
    """A second person of the office, in a browser of their own."""
    client = Client()
    client.force_login(staff.of_role("approver"))
    with browsers.visitor(chromium, stack.url) as visitor:
        cookie = client.cookies["sessionid"].value
        visitor.context.add_cookies([{"name": "sessionid", "value": cookie, "url": stack.url}])
        yield visitor
        visitor.has_no_complaints()


def case_of(customer) -> ReviewCase:
    return ReviewCase.objects.get(payment_id=customer.payments[0].pk)


def opens(person, case) -> None:
    person.page.goto(f"/admin/fraud/reviewcase/{case.pk}/decide/")


def from_the_queue(person, case) -> None:
    """As the office does it: the queue, J to the row, Enter."""
    person.page.goto("/admin/fraud/reviewcase/")
    person.page.keyboard.press("j")
    expect(person.page.get_by_role("link", name=case.booking_reference)).to_be_focused()
    person.page.keyboard.press("Enter")
    person.page.wait_for_url(f"**/{case.pk}/decide/")


def reads(person, words: str) -> None:
    expect(person.page.get_by_text(words).first).to_be_visible(timeout=PATIENCE_MS)


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
        case = case_of(checked)
        from_the_queue(office, case)
        office.page.keyboard.press("a")
        assert case_of(checked).state == "open"  # a key chooses, and never moves money
        office.page.get_by_label("Spoke to the customer").check()
        office.page.get_by_role("button", name="Approve and take £96.00").click()

        reads(office, "£96.00 was taken and the booking is confirmed.")
        eventually(lambda: checked.booking.status, lambda status: status == "confirmed")
        checked.page.reload()
        checked.sees("You’re booked")
        assert [each.status for each in checked.payments] == [PaymentStatus.SUCCEEDED]
        assert len(checked.papers(at_least=1)) == 1
        checked.mails("courses.confirmation", "invoicing.invoice")


class TestDeclined:
    def test_is_released_and_nothing_is_taken(self, checked, office):
        opens(office, case_of(checked))
        office.page.keyboard.press("d")
        office.page.get_by_label("Could not confirm the customer").check()
        office.page.get_by_role("button", name="Decline and release £96.00").click()

        reads(office, "£96.00 was released, nothing was taken. The customer has been told.")
        eventually(lambda: checked.booking.status, lambda status: status == "cancelled")
        checked.page.reload()
        checked.sees("We couldn’t confirm your booking")
        checked.reads("we’ve released the £96.00. Nothing was taken.")
        assert [each.status for each in checked.payments] == [PaymentStatus.CANCELLED]
        assert checked.papers(at_least=0) == []
        checked.mails("payments.not_confirmed")

    def test_says_what_is_missing(self, checked, office):
        opens(office, case_of(checked))
        office.page.keyboard.press("d")
        office.page.get_by_role("button", name="Decline and release £96.00").click()

        reads(office, "Choose a reason.")
        assert case_of(checked).state == "open"


class TestLapsed:
    def test_the_customer_is_told(self, checked, office):
        case = case_of(checked)
        ReviewCase.objects.filter(pk=case.pk).update(
            hard_limit_at=clock.now() - timedelta(seconds=1)
        )

        reviews.lapse_due(now=clock.now())

        eventually(lambda: checked.booking.status, lambda status: status == "cancelled")
        checked.mails("payments.not_confirmed")
        checked.page.reload()
        checked.sees("We couldn’t confirm your booking")
        opens(office, case)
        reads(office, "Nobody decided in time")
        assert case_of(checked).state == "lapsed"
        assert [each.status for each in checked.payments] == [PaymentStatus.CANCELLED]


class TestTwoColleagues:
    def test_the_second_takes_over_and_the_first_hears_of_it(self, checked, office, colleague):
        case = case_of(checked)
        opens(colleague, case)
        opens(office, case)
        reads(office, "Open by another colleague since")
        office.page.keyboard.press("a")
        expect(office.page.get_by_role("button", name="Approve and take")).to_be_hidden()

        office.page.get_by_role("button", name="Take over").click()
        expect(office.page.get_by_text("Open by another colleague")).to_have_count(0)

        reads(colleague, "Open by another colleague since")  # by the page's own sign of life
        office.page.keyboard.press("d")
        office.page.get_by_label("Duplicate or mistake").check()
        office.page.get_by_role("button", name="Decline and release £96.00").click()
        reads(office, "was released, nothing was taken")
        reads(colleague, "Already declined at")  # and the first one's page shows the end
        case.refresh_from_db()
        assert (case.state, case.reason) == ("declined", "duplicate_or_mistake")

    def test_a_decision_made_meanwhile_is_told(self, checked, office, colleague):
        case = case_of(checked)
        # The page's sign of life would show the end by itself, and leave nothing to press.
        office.page.route("**/watch/", lambda route: route.fulfill(status=204))
        opens(office, case)
        office.page.keyboard.press("a")
        office.page.get_by_label("Known organisation").check()
        opens(colleague, case)
        colleague.page.get_by_role("button", name="Take over").click()
        expect(colleague.page.get_by_text("Open by another colleague")).to_have_count(0)
        colleague.page.keyboard.press("d")
        colleague.page.get_by_label("Stolen or tested card").check()
        colleague.page.get_by_role("button", name="Decline and release £96.00").click()
        reads(colleague, "was released, nothing was taken")

        office.page.get_by_role("button", name="Approve and take £96.00").click()

        reads(office, "Already declined at")
        assert case_of(checked).state == "declined"


class TestWithoutJavaScript:
    def test_a_decision_needs_none(self, checked, stack, chromium, client):
        case = case_of(checked)
        client.force_login(staff.of_role("office"))
        with browsers.visitor(chromium, stack.url, java_script_enabled=False) as person:
            cookie = client.cookies["sessionid"].value
            person.context.add_cookies([{"name": "sessionid", "value": cookie, "url": stack.url}])
            opens(person, case)
            person.page.locator("input[name=decision][value=approve]").check()
            person.page.locator("input[name=approve_reason][value=score_wrong]").check()
            person.page.get_by_role("button", name="Approve and take £96.00").click()
            reads(person, "Taking the money…")

        eventually(lambda: checked.booking.status, lambda status: status == "confirmed")
        case.refresh_from_db()
        assert (case.state, case.reason) == ("approved", "score_wrong")
        assert [each.status for each in checked.payments] == [PaymentStatus.SUCCEEDED]
