"""A weight set in a browser: read beside the shipped points, run beside, adopted with a reason, taken out again."""

import pytest
from playwright.sync_api import expect

from core import clock
from core.audit import selectors as audit
from fraud.models import WeightSetRow
from fraud.scoring import WeightSet
from fraud.services import weights
from tests.core.backoffice import staff
from tests.fraud.test_admin_weights import FIGURES
from tests.functional.backoffice.test_staff_pages import wrong_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/admin/fraud/weightsetrow/"


@pytest.fixture
def learned(desk) -> WeightSetRow:
    figures = {"learned": FIGURES, "shipped": FIGURES | {"average_precision": 0.401}}
    return weights.propose(
        weights=WeightSet("2027-01", 5),
        figures=figures | {"left_out": ["email_role"]},
        actor="command",
        now=clock.now(),
    )


def decides(page, act: str, reason: str) -> None:
    page.get_by_role("link", name=act).click()
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name=act).click()


class TestPages:
    def test_nothing_is_wrong_with_any_of_them(self, desk, learned):
        wrong = []
        for path in ("", f"{learned.pk}/change/", f"{learned.pk}/move/live/"):
            desk.open(LIST + path)
            wrong += wrong_with(desk)

        assert wrong == []


class TestTheOwner:
    def test_runs_a_set_beside_adopts_it_and_takes_it_out_again(self, desk, learned):
        page = desk.page
        desk.open("/admin/")
        page.locator("#nav-sidebar").get_by_role("link", name="Weight sets").click()
        expect(page.get_by_text("The shipped points judge payments.")).to_be_visible()
        page.get_by_role("link", name="2027-01").click()
        expect(page.get_by_text("61.2%").first).to_be_visible()
        expect(page.get_by_text("40.1%").first).to_be_visible()

        decides(page, "Run beside", "See for a month what it would change")
        expect(page.get_by_text("Runs beside, changes nothing").first).to_be_visible()
        decides(page, "Adopt", "It finds more fraud and stops nobody else")
        expect(page.get_by_text("Judges payments").first).to_be_visible()
        decides(page, "Take out of use", "The season is over")
        expect(page.get_by_text("No longer used").first).to_be_visible()

        learned.refresh_from_db()
        assert learned.state == "retired"
        told = list(audit.history(weights.subject_of(learned.pk)))
        assert {each.action for each in told} == {
            "weights.proposed", "weights.shadow", "weights.live", "weights.retired",
        }  # fmt: skip
        assert "It finds more fraud and stops nobody else" in {each.reason for each in told}
        assert desk.complaints() == []

    def test_needs_a_reason(self, desk, learned):
        desk.open(f"{LIST}{learned.pk}/move/live/")
        desk.page.get_by_role("button", name="Adopt").click()

        expect(desk.page.get_by_text("Say why.").first).to_be_visible()
        learned.refresh_from_db()
        assert learned.state == "proposed"


class TestAnApprover:
    def test_reads_it_and_is_told_who_decides(self, desk, learned, client, live_server):
        client.force_login(staff.of_role("approver"))
        cookie = client.cookies["sessionid"].value
        desk.visitor.context.add_cookies(
            [{"name": "sessionid", "value": cookie, "url": live_server.url}]
        )

        desk.open(f"{LIST}{learned.pk}/change/")

        expect(desk.page.get_by_text("Needs the owner")).to_be_visible()
        assert desk.page.get_by_role("link", name="Adopt").count() == 0
