"""What is watched exists, what alerts leads somewhere, and the rules say what they should."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from core.embedded.folders import REPOSITORY
from tests.requirements import need

DEPLOY = REPOSITORY / "deploy"
RULES = sorted((DEPLOY / "prometheus" / "rules").rglob("*.yaml"))
CASES = sorted((DEPLOY / "prometheus" / "tests").glob("*.yaml"))
BOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
RUNBOOKS = REPOSITORY / "docs" / "runbooks"


def rules() -> list[dict]:
    documents = (yaml.safe_load(file.read_text()) for file in RULES)
    return [
        rule for document in documents for group in document["groups"] for rule in group["rules"]
    ]


def alerts() -> list[dict]:
    return [rule for rule in rules() if "alert" in rule]


def anchors(file: Path) -> set[str]:
    """As the code's host makes them of headings."""
    heads = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


class TestRules:
    def test_the_budgets_are_those_of_the_file(self):
        done = subprocess.run(
            [sys.executable, DEPLOY / "prometheus" / "generate.py", "--check"],
            capture_output=True,
            text=True,
        )

        assert done.returncode == 0, done.stderr

    def test_prometheus_can_read_them(self):
        done = subprocess.run(
            [need("promtool"), "check", "config", DEPLOY / "prometheus" / "prometheus.yaml"],
            capture_output=True,
            text=True,
        )

        assert done.returncode == 0, done.stdout + done.stderr

    @pytest.mark.parametrize("cases", CASES, ids=lambda file: file.stem)
    def test_they_fire_when_they_should_and_only_then(self, cases):
        done = subprocess.run(
            [need("promtool"), "test", "rules", cases], capture_output=True, text=True
        )

        assert done.returncode == 0, done.stdout + done.stderr

    def test_each_alert_has_a_case_in_which_it_fires(self):
        fires = set()
        for file in CASES:
            for case in yaml.safe_load(file.read_text())["tests"]:
                for question in case["promql_expr_test"]:
                    name = re.search(r'alertname=~?"([^"]+)"', question["expr"]).group(1)
                    if question["exp_samples"][0]["value"]:
                        fires.add(name)
        hand_made = {alert["alert"] for alert in alerts() if "slo" not in alert["labels"]}
        slos = {alert["labels"]["slo"] for alert in alerts() if "slo" in alert["labels"]}
        quick = {f"{slo.title().replace('-', '')}BudgetBurnsIn1h" for slo in slos}

        assert hand_made | quick <= fires

    def test_alertmanager_can_read_its_file(self, tmp_path):
        # Debian's own is older than addresses in files; the rest of the file is the same.
        text = (DEPLOY / "alerting" / "alertmanager.yaml").read_text()
        older = tmp_path / "alertmanager.yaml"
        older.write_text(re.sub(r"url_file: [^,]+", "url: http://127.0.0.1/", text))

        done = subprocess.run(
            [need("amtool"), "check-config", older], capture_output=True, text=True
        )

        assert done.returncode == 0, done.stdout + done.stderr


class TestRunbooks:
    @pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
    def test_each_alert_leads_to_a_place_in_one(self, alert):
        place, _, anchor = alert["annotations"]["runbook"].partition("#")

        assert alert["labels"]["severity"] in ("page", "ticket")
        assert anchor in anchors(REPOSITORY / place)

    @pytest.mark.parametrize("file", sorted(RUNBOOKS.glob("*.md")), ids=lambda file: file.name)
    def test_each_link_leads_to_a_place(self, file):
        for target in re.findall(r"\]\(([^)]+)\)", file.read_text()):
            place, _, anchor = target.partition("#")
            found = file.parent / place if place else file
            assert found.exists(), target
            assert not anchor or anchor in anchors(found), target

    def test_every_command_in_them_exists(self):
        from django.core.management import get_commands

        named = {
            name
            for file in RUNBOOKS.glob("*.md")
            for name in re.findall(r"manage\.py (\w+)", file.read_text())
        }
        assert named <= set(get_commands())


class TestDashboards:
    @pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
    def test_panels_fill_their_rows_and_have_a_name(self, file):
        board = json.loads(file.read_text())
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]

        assert len(set(places)) == len(places)
        assert all(panel["title"] and panel["targets"] for panel in board["panels"])
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
