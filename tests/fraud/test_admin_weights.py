"""The weight sets' pages: figures to read for all, two words for the owner, each with its reason."""

import re

import pytest
from django.urls import reverse

from core.audit import selectors as audit
from fraud.models import WeightSetRow
from fraud.scoring import WeightSet
from fraud.services import assessments, weights
from tests.core.backoffice import staff
from tests.fraud.builders import NOW, subject
from tests.fraud.test_weights import HARSH, moved, proposed

pytestmark = pytest.mark.django_db
LIST = "/admin/fraud/weightsetrow/"
FIGURES = {
    "payments": 400, "recall": 0.75, "block_precision": 0.9, "review_precision": None,
    "block_rate": 0.01, "review_rate": 0.02, "average_precision": 0.612, "saved_minor": 123_400,
    "lost_minor": 5_000, "refused_good_minor": 9_600,
}  # fmt: skip


@pytest.fixture
def owner(client):
    client.force_login(staff.of_role("owner"))
    return client


@pytest.fixture
def office(client):
    client.force_login(staff.of_role("office"))
    return client


@pytest.fixture
def learned() -> WeightSetRow:
    figures = {"learned": FIGURES, "shipped": FIGURES | {"average_precision": 0.401}}
    return weights.propose(
        weights=HARSH, figures=figures | {"left_out": ["email_role"]}, actor="command", now=NOW
    )


def page_of(row: WeightSetRow) -> str:
    return reverse("admin:fraud_weightsetrow_change", args=[row.pk])


def move_of(row: WeightSetRow, state: str) -> str:
    return reverse("admin:fraud_weightsetrow_move", args=[row.pk, state])


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def confirmed(client, row: WeightSetRow, state: str, reason: str = "It finds more", **changes):
    """Answers the page as it was shown."""
    shown = text(client.get(move_of(row, state)))
    now = re.search(r'name="now" value="([^"]+)"', shown).group(1)
    return client.post(move_of(row, state), {"now": now, "reason": reason, **changes})


class TestList:
    def test_is_empty_in_words(self, owner):
        html = text(owner.get(LIST))

        assert "Nothing was learned yet." in html
        assert "The shipped points judge payments." in html

    def test_shows_version_state_figures_and_who(self, owner, learned):
        confirmed(owner, learned, "live")

        html = text(owner.get(LIST))

        for words in ("harsh", "Judges payments", "61.2%", "40.1%", "you"):
            assert words in html
        assert "The shipped points judge payments." not in html

    def test_asks_as_often_for_many_sets(self, owner, django_assert_max_num_queries):
        for number in range(12):
            proposed(WeightSet(f"set {number}", 5))

        with django_assert_max_num_queries(16):
            owner.get(LIST)


class TestOneSet:
    def test_shows_what_the_backtest_said_beside_the_shipped_points(self, office, learned):
        html = text(office.get(page_of(learned)))

        for words in ("61.2%", "40.1%", "£1,234", "email_role", "Proposed by command"):
            assert words in html

    def test_says_what_running_beside_would_have_changed(self, owner, learned, monkeypatch):
        moved(learned, "shadow")
        monkeypatch.setattr("core.clock.now", lambda: NOW)
        assessments.assess(subject=subject(), now=NOW)

        html = text(owner.get(page_of(learned)))

        assert "It ran beside 1 judgement of the last 30 days." in html
        assert "Low → Medium" in html

    @pytest.mark.parametrize("key", ["nonsense", "01900000-0000-7000-8000-000000000000"])
    def test_of_nothing_is_not_found(self, owner, key):
        assert owner.get(f"{LIST}{key}/change/").status_code == 404

    def test_points_are_not_to_be_changed_or_removed(self, owner, learned):
        answers = [owner.get(LIST + "add/"), owner.post(f"{LIST}{learned.pk}/delete/")]

        assert {answer.status_code for answer in answers} == {403}
        assert WeightSetRow.objects.count() == 1


class TestMove:
    @pytest.mark.parametrize(("state", "button"), [("live", "Adopt"), ("shadow", "Run beside")])
    def test_is_shown_with_its_figures_first_and_audited(self, owner, learned, state, button):
        shown = text(owner.get(move_of(learned, state)))
        assert button in text(owner.get(page_of(learned)))
        assert "61.2%" in shown
        assert "The shipped points judge. Nothing runs beside." in shown

        answer = confirmed(owner, learned, state)

        learned.refresh_from_db()
        actor = f"staff:{owner.session['_auth_user_id']}"
        assert (answer.status_code, learned.state) == (302, state)
        assert learned.adopted_by == actor
        history = {
            (each.action, each.actor, each.reason)
            for each in audit.history(weights.subject_of(learned.pk))
        }
        assert (f"weights.{state}", actor, "It finds more") in history

    def test_takes_out_of_use_again(self, owner, learned):
        confirmed(owner, learned, "live")

        confirmed(owner, learned, "retired", reason="Too harsh")

        learned.refresh_from_db()
        assert learned.state == "retired"

    def test_wants_a_reason(self, owner, learned):
        html = text(confirmed(owner, learned, "live", reason=" "))

        learned.refresh_from_db()
        assert "Say why." in html
        assert learned.state == "proposed"

    def test_is_shown_again_when_another_was_adopted_meanwhile(self, owner, learned):
        shown = "The shipped points judge. Nothing runs beside."
        other = moved(proposed(WeightSet("milder", 5)), "live")

        answer = owner.post(move_of(learned, "live"), {"now": shown, "reason": "Mine"})

        learned.refresh_from_db()
        other.refresh_from_db()
        assert "What is in force changed meanwhile." in text(answer)
        assert (learned.state, other.state) == ("proposed", "live")

    def test_of_one_that_is_there_already_changes_nothing(self, owner, learned):
        moved(learned, "live")

        answer = owner.post(move_of(learned, "live"), {"now": "", "reason": "Mine"})

        assert answer.headers["Location"] == page_of(learned)
        assert "Mine" not in {each.reason for each in audit.history(weights.subject_of(learned.pk))}

    @pytest.mark.parametrize("state", ["proposed", "best"])
    def test_to_another_state_is_not_found(self, owner, learned, state):
        assert owner.get(move_of(learned, state)).status_code == 404


class TestPermissions:
    @pytest.mark.parametrize("role", ["office", "approver"])
    def test_others_read_and_are_told_why_they_may_not(self, client, learned, role):
        client.force_login(staff.of_role(role))

        html = text(client.get(page_of(learned)))
        answer = client.post(move_of(learned, "live"), {"now": "", "reason": "Mine"})

        learned.refresh_from_db()
        assert "Needs the owner" in html
        assert "Run beside" not in html
        assert "needs the owner" in text(client.get(LIST))
        assert (answer.status_code, learned.state) == (403, "proposed")

    def test_operations_see_nothing(self, client, learned):
        client.force_login(staff.of_role("ops"))

        assert client.get(LIST).status_code == 403
        assert client.get(page_of(learned)).status_code == 403

    def test_strangers_are_sent_to_sign_in(self, client):
        assert client.get(LIST).status_code == 302
