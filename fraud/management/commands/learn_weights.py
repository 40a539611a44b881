"""`manage.py learn_weights`: proposes points learned from our own labelled payments; adopts nothing."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from fraud.learning.learner import TooLittleKnown
from fraud.management.commands.backtest import day
from fraud.services import measuring
from fraud.services.weights import VersionTaken


class Command(BaseCommand):
    help = "Learn points from our own labelled payments and keep them as a proposal for the owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", help="a name for the weight set, e.g. 2027-01")
        parser.add_argument("--from", dest="since", default="2000-01-01")
        parser.add_argument("--save", type=Path, help="write the weight set to a file as well")

    def handle(self, **options: Any) -> None:
        now = clock.now()
        since = day(options["since"])
        try:
            row = measuring.propose(
                version=options["version"], since=since, until=now, actor="command", now=now
            )
        except (TooLittleKnown, VersionTaken) as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["save"]:
            options["save"].write_text(json.dumps(row.weights, indent=1) + "\n")
        for name in ("learned", "shipped"):
            figures = row.figures[name]
            self.stdout.write(f"{name}: average precision {figures['average_precision']}")
        self.stdout.write(f"Proposed as {row.version} ({row.id}). An owner adopts it.")
