"""`manage.py backtest --events FILE`: the scorer on anybody's history; without it, on our own."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fraud import scoring
from fraud.backtest import events, protocol
from fraud.learning.learner import TooLittleKnown
from fraud.services import measuring
from fraud.services.assessments import thresholds_in_force


class Command(BaseCommand):
    help = (
        "Replay a history, each payment with only what was known before it, and measure the score."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--events", type=Path, help="a .csv or .csv.gz with at, amount_minor, …"
        )
        parser.add_argument("--weights", type=Path, help="a weight set; without it the shipped one")
        parser.add_argument("--from", dest="since", help="our own payments from this day on")
        parser.add_argument("--to", dest="until", help="our own payments before this day")
        parser.add_argument("--train-from", help="first moment to learn from, as the column `at`")
        parser.add_argument("--train-until", help="learn the points on what is before this moment")
        parser.add_argument(
            "--test-from", help="first moment to judge; without it where learning ends"
        )
        parser.add_argument("--test-until", help="judge only what is before this moment")
        parser.add_argument(
            "--drop-known", action="store_true", help="leave out cards known to be compromised"
        )
        parser.add_argument(
            "--label-delay-days", type=float, default=7.0, help="for a row without label_at"
        )
        parser.add_argument("--save-weights", type=Path, help="write the points that were used")
        parser.add_argument("--json", action="store_true", help="figures as JSON")

    def handle(self, **options: Any) -> None:
        if options["events"] is None:
            self._own(options)
        else:
            self._events(options)

    def _events(self, options: dict[str, Any]) -> None:
        """Anybody's history from a file."""
        try:
            result = self._run(options)
        except (events.BadHistory, TooLittleKnown, OSError) as error:
            raise CommandError(str(error)) from error
        if options["save_weights"]:
            kept = json.dumps(scoring.as_json(result.weights), indent=1)
            options["save_weights"].write_text(kept + "\n")
        self.stdout.write(json.dumps(result.figures) if options["json"] else table(result.figures))

    def _own(self, options: dict[str, Any]) -> None:
        """Our own history, under the given points."""
        weights = weights_from(options["weights"])
        since, until = day(options["since"] or "2000-01-01"), day(options["until"] or "2100-01-01")
        figures = measuring.backtest(weights=weights, since=since, until=until)
        if not figures["payments"]:
            raise CommandError("No payment was judged in that time.")
        self.stdout.write(json.dumps(figures) if options["json"] else table(_flat(figures)))

    def _run(self, options: dict[str, Any]) -> protocol.Result:
        plan = protocol.Plan(
            **{name: _moment(name, options[name]) for name in ("train_from", "train_until")},
            **{name: _moment(name, options[name]) for name in ("test_from", "test_until")},
            drop_known=options["drop_known"],
        )
        history = events.read(options["events"], label_delay_days=options["label_delay_days"])
        return protocol.run(
            history, plan, thresholds_in_force(), weights=weights_from(options["weights"])
        )


def weights_from(path: Path | None) -> scoring.WeightSet:
    """The weight set of a file, or the shipped one."""
    if path is None:
        return scoring.SHIPPED
    try:
        return scoring.from_json(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} is no weight set: {error}") from error


def table(figures: dict[str, Any]) -> str:
    width = max(map(len, figures))
    return "\n".join(
        f"{name:<{width}}  {'-' if value is None else value}" for name, value in figures.items()
    )


def _flat(figures: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{above}{name}.")
        else:
            flat[f"{above}{name}"] = value
    return flat


def day(text: str) -> datetime:
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day; write it as 2026-11-23.") from None
    return day if day.tzinfo else day.replace(tzinfo=UTC)


def _moment(name: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return events.moment(text)
    except ValueError:
        raise CommandError(
            f"--{name.replace('_', '-')} {text!r} is neither a number nor a date."
        ) from None
