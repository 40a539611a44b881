"""The fraud commands at the command line: what they say, what they refuse, and with which status."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.audit import selectors as audit
from core.embedded.folders import REPOSITORY
from fraud import scoring
from fraud.models import KeyProfile, PendingOutcome, WeightSetRow
from fraud.services import assessments, outcomes, weights
from tests.core.backoffice import staff
from tests.fraud.builders import NOW, card, earlier, subject
from tests.fraud.test_backtest import shop, written
from tests.fraud.test_weights import moved, proposed

NAMED_IN_THE_PROMISE = {
    "auc_roc", "average_precision", "card_precision_at_100", "precision_at_1pct", "recall_at_1pct",
    "lift_at_20pct", "blocked_share", "blocked_precision", "reviewed_share", "rows", "frauds",
}  # fmt: skip


def said(command: str, *words: str) -> str:
    out = StringIO()
    call_command(command, *words, stdout=out)
    return out.getvalue()


def judged(count: int, *, stolen_every: int = 3) -> None:
    """Our own payments as they were judged, and what became of them; the stolen ones were dear."""
    for number in range(count):
        stolen = number % stolen_every == 0
        at = NOW - timedelta(days=2) + timedelta(minutes=number)
        one = subject(
            stage="after", now=at, amount_minor=90_000 if stolen else 9_000, address="",
            email=f"b{number}@example.org", device=f"d{number}", card=card(fingerprint=f"c{number}"),
        )  # fmt: skip
        assessments.assess(subject=one, now=at)
        for kind in ("attempt", "succeeded", "disputed" if stolen else "genuine"):
            outcomes.record(payment_id=one.payment_id, kind=kind, subject=one, now=at)


class TestTheRealCommandLine:
    """Needs no database: exactly what somebody with a file types."""

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "backtest", *words],
            cwd=REPOSITORY, env=os.environ.copy(), capture_output=True, text=True, check=False,
        )  # fmt: skip

    def test_says_every_promised_figure_as_json_alone(self, tmp_path):
        path = written(tmp_path, shop(600))

        ended = self.run("--events", str(path), "--test-from", "360000", "--json")

        assert ended.returncode == 0, ended.stderr
        assert set(json.loads(ended.stdout)) >= NAMED_IN_THE_PROMISE

    def test_ends_with_a_sentence_and_a_status(self, tmp_path):
        path = written(tmp_path, [{"at": "1", "label": "0"}], "bad.csv")

        ended = self.run("--events", str(path), "--json")

        assert ended.returncode == 1
        assert "no column amount_minor" in ended.stderr
        assert "Traceback" not in ended.stderr
        assert ended.stdout == ""


class TestBacktest:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "column"),
            (b"at,amount_minor\nsoon,5\n", "Line 2"),
            (b"\x1f\x8b broken", "gzip"),
            (b"\xff\xfe\x00nonsense", "text"),
        ],
    )
    def test_refuses_a_bad_file_with_a_sentence(self, tmp_path, content, words):
        path = tmp_path / ("events.csv.gz" if content[:2] == b"\x1f\x8b" else "events.csv")
        path.write_bytes(content)

        with pytest.raises(CommandError, match=words):
            said("backtest", "--events", str(path))

    def test_refuses_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(CommandError, match="nowhere"):
            said("backtest", "--events", str(tmp_path / "nowhere.csv"))

    @pytest.mark.parametrize(
        "content", ["", "[]", '{"version": 1, "base": 2, "factors": {"x": 3}}']
    )
    def test_refuses_bad_weights(self, tmp_path, content):
        path = tmp_path / "weights.json"
        path.write_text(content)

        with pytest.raises(CommandError, match="no weight set"):
            said("backtest", "--weights", str(path), "--events", str(written(tmp_path, shop(30))))

    @pytest.mark.django_db
    def test_measures_our_own_history(self):
        judged(30)

        figures = json.loads(
            said("backtest", "--from", "2026-11-01", "--to", "2026-12-01", "--json")
        )

        assert figures["parts"]["fraud"]["payments"] == 10
        assert figures["parts"]["good"]["payments"] == 20
        assert {"saved_minor", "lost_minor", "recall", "review_rate", "factors"} <= set(figures)
        assert "parts.fraud.payments" in said("backtest", "--from", "2026-11-01")

    @pytest.mark.django_db
    @pytest.mark.parametrize("day", ["soon", "2026-13-01"])
    def test_refuses_what_is_no_day(self, day):
        with pytest.raises(CommandError, match="is no day"):
            said("backtest", "--from", day)

    @pytest.mark.django_db
    def test_of_no_history_at_all_says_so(self):
        with pytest.raises(CommandError, match="No payment was judged"):
            said("backtest", "--from", "2001-01-01", "--to", "2001-02-01")


@pytest.mark.django_db
class TestLearnWeights:
    def test_proposes_and_adopts_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setattr("core.clock.now", lambda: NOW)
        judged(120)
        kept = tmp_path / "weights.json"

        words = said("learn_weights", "2027-01", "--save", str(kept))

        row = WeightSetRow.objects.get()
        assert (row.version, row.state) == ("2027-01", "proposed")
        assert "learned: average precision 1.0" in words
        assert "An owner adopts it." in words
        assert scoring.from_json(json.loads(kept.read_text())).version == "2027-01"

    def test_refuses_a_version_that_is_taken(self, monkeypatch):
        monkeypatch.setattr("core.clock.now", lambda: NOW)
        proposed()
        judged(120)

        with pytest.raises(CommandError, match="already a weight set of that version"):
            said("learn_weights", "harsh")

        assert WeightSetRow.objects.count() == 1

    def test_refuses_to_learn_from_too_little(self):
        with pytest.raises(CommandError, match="Fewer than"):
            said("learn_weights", "2027-01")

        assert not WeightSetRow.objects.exists()

    def test_refuses_what_is_no_day(self):
        with pytest.raises(CommandError, match="is no day"):
            said("learn_weights", "2027-01", "--from", "soon")


@pytest.mark.django_db
class TestAdoptWeights:
    def adopt(self, owner, version="harsh", state="live", reason="It finds more") -> str:
        return said("adopt_weights", version, state, "--owner", owner, "--reason", reason)

    def test_is_an_owners_word_under_the_owners_name(self):
        row, owner = proposed(), staff.of_role("owner")

        assert "harsh is now live" in self.adopt(owner.username)

        row.refresh_from_db()
        assert (row.state, row.adopted_by) == ("live", f"staff:{owner.pk}")
        history = audit.history(weights.subject_of(row.pk))
        assert "It finds more" in {each.reason for each in history}

    @pytest.mark.parametrize("role", ["office", "approver", "ops"])
    def test_is_nobody_elses(self, role):
        row = proposed()

        with pytest.raises(CommandError, match="Only an owner"):
            self.adopt(staff.of_role(role).username)
        with pytest.raises(CommandError, match="Only an owner"):
            self.adopt("nobody")

        row.refresh_from_db()
        assert row.state == "proposed"

    def test_refuses_what_is_not_there_and_no_reason(self):
        row, owner = proposed(), staff.of_role("owner").username

        with pytest.raises(CommandError, match="no weight set of that version"):
            self.adopt(owner, version="softer")
        with pytest.raises(CommandError):
            self.adopt(owner, reason=" ")

        row.refresh_from_db()
        assert row.state == "proposed"

    def test_takes_out_of_use(self):
        row = moved(proposed(), "live")

        self.adopt(staff.of_role("owner").username, state="retired")

        row.refresh_from_db()
        assert row.state == "retired"


@pytest.mark.django_db
class TestRebuildProfiles:
    def test_gives_the_same_judgement_again(self):
        earlier(4, "attempt", "declined", card=card())
        before = assessments.assess(subject=subject(card=card()), now=NOW)
        KeyProfile.objects.all().delete()

        words = said("rebuild_profiles")

        again = assessments.assess(subject=subject(card=card(), now=NOW), now=NOW)
        assert "profiles from 9 outcomes" in words
        assert not PendingOutcome.objects.exclude(outcome__payment_id=again.payment_id).exists()
        assert before.values["email_refused_24h"] == again.values["email_refused_24h"] == 4

    def test_of_nothing_makes_nothing(self):
        assert said("rebuild_profiles").strip() == "0 profiles from 0 outcomes"
