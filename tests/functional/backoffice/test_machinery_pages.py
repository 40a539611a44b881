"""The consoles of the machinery in a browser: what needs a script there, and a result that comes by itself."""

from uuid import UUID

import pytest
from playwright.sync_api import expect

from core import clock
from core.backoffice import bulk
from core.health import observations
from core.performance import suggestions
from core.performance.models import Suggestion
from tests.functional.backoffice import machinery
from tests.functional.backoffice.test_staff_pages import wrong_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PERFORMANCE = "/admin/performance/suggestion/"


class TestPerformance:
    def test_draws_lines_above_the_table(self, desk):
        machinery.measured()
        desk.open(f"{PERFORMANCE}page/?kind=page&name=/")

        expect(desk.page.locator(".uplot canvas")).to_be_visible()
        assert desk.page.locator("#hours tbody tr").count() == 3
        assert desk.complaints() == []

    def test_asks_why_a_suggestion_is_dismissed(self, desk):
        machinery.measured()
        suggestions.look(now=clock.now())
        desk.open(f"{PERFORMANCE}{Suggestion.objects.first().pk}/dismiss/")

        assert wrong_with(desk) == []


class TestHealth:
    def test_draws_a_day(self, desk):
        observations.observe(now=clock.now())
        desk.open("/admin/health/slot/")

        expect(desk.page.locator("svg.strip").first).to_be_visible()


class TestBulkActions:
    def test_result_comes_by_itself(self, desk):
        run = bulk.start(
            act="sagas.retry", keys=[str(UUID(int=1))], reason="", actor="staff:1", now=clock.now()
        )
        desk.open(f"/admin/backoffice/bulkrun/{run.pk}/change/")
        wrong = wrong_with(desk)
        bulk.walk(run_id=run.pk)

        expect(desk.page.get_by_text("There is no such journey.")).to_be_visible()

        assert wrong + wrong_with(desk) == []
