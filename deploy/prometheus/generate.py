"""Writes the burn-rate rules from slos.yaml: `python deploy/prometheus/generate.py`; with --check it only compares.

The windows and factors are those of Google's SRE workbook for 30 days: a page when 2 % of the budget burns in an hour
or 5 % in six, a ticket when 10 % burns in a day or in three. The short window ends the alert soon after the errors.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
SOURCE, TARGET = FOLDER / "slos.yaml", FOLDER / "rules" / "slo"
# Factor, long window, short window, and whether it may wake somebody.
BURNS = ((14.4, "1h", "5m", True), (6, "6h", "30m", True), (3, "1d", "2h", False), (1, "3d", "6h", False))  # fmt: skip
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
HEAD = "# Generated from slos.yaml by generate.py. Don't edit.\n"


def main() -> int:
    """One file for each objective, so that each can be tested by itself."""
    wanted = {f"{slo['name']}.yaml": text_of(slo) for slo in read()}
    found = {file.name: file.read_text() for file in sorted(TARGET.glob("*.yaml"))}
    if "--check" in sys.argv:
        return _tell_difference() if found != wanted else 0
    TARGET.mkdir(exist_ok=True)
    for name in found.keys() - wanted.keys():
        (TARGET / name).unlink()
    for name, text in wanted.items():
        (TARGET / name).write_text(text)
    return 0


def read() -> list[dict[str, Any]]:
    return yaml.safe_load(SOURCE.read_text())["slos"]


def text_of(slo: dict[str, Any]) -> str:
    rules = {"groups": [_group(slo)]}
    return HEAD + yaml.safe_dump(rules, sort_keys=False, width=200, allow_unicode=True)


def _tell_difference() -> int:
    sys.stderr.write(f"{TARGET} is not what slos.yaml says: run python {sys.argv[0]}\n")
    return 1


def _group(slo: dict[str, Any]) -> dict[str, Any]:
    ratios = [_ratio(slo, window) for window in WINDOWS]
    amounts = [_amount(slo, long) for _, long, _, _ in BURNS if "total" in slo]
    alerts = [_alert(slo, *burn) for burn in BURNS]
    return {"name": f"slo-{slo['name']}", "interval": "15s", "rules": [*ratios, *amounts, *alerts]}


def _ratio(slo: dict[str, Any], window: str) -> dict[str, Any]:
    """Nothing where nothing happened: no traffic is neither good nor bad."""
    if "ratio" in slo:
        expression = slo["ratio"]
    else:
        expression = f"(({slo['errors']}) or vector(0)) / (({slo['total']}) > 0)"
    return {
        "record": f"slo:error_ratio:rate{window}",
        "expr": expression.replace("$window", window),
        "labels": {"slo": slo["name"]},
    }


def _amount(slo: dict[str, Any], window: str) -> dict[str, Any]:
    return {
        "record": f"slo:events:increase{window}",
        "expr": f"({slo['total']}) * {_seconds(window)}".replace("$window", window),
        "labels": {"slo": slo["name"]},
    }


def _alert(
    slo: dict[str, Any], factor: float, long: str, short: str, quick: bool
) -> dict[str, Any]:
    name, limit = slo["name"], f"{factor:g} * {_budget(slo):g}"
    conditions = [
        f'slo:error_ratio:rate{window}{{slo="{name}"}} > {limit}' for window in (long, short)
    ]
    if "total" in slo:
        conditions.append(f'slo:events:increase{long}{{slo="{name}"}} >= {slo["minimum_events"]}')
    severity = "page" if quick and slo["pages"] else "ticket"
    return {
        "alert": f"{name.title().replace('-', '')}BudgetBurnsIn{long}",
        "expr": " and on (slo) ".join(conditions),
        "labels": {"severity": severity, "slo": name, "window": long},
        "annotations": {
            "summary": f"Too many times it is not so that {slo['words']}: "
            f"{{{{ $value | humanizePercentage }}}} in {long}, {slo['objective']:g} % is promised",
            "runbook": slo["runbook"],
        },
    }


def _budget(slo: dict[str, Any]) -> float:
    return round((100 - slo["objective"]) / 100, 6)


def _seconds(window: str) -> int:
    return int(window[:-1]) * {"m": 60, "h": 3600, "d": 86400}[window[-1]]


if __name__ == "__main__":
    sys.exit(main())
