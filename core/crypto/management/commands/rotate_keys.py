"""Reseals everything under the first key of ENCRYPTION_KEY."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from core.crypto import keyring, rotation


class Command(BaseCommand):
    help = (
        "Reseal every sealed column under the first key of ENCRYPTION_KEY. Put the new key first and keep "
        "the old one until this ends with status 0. It can be stopped and started again. "
        "Status 1: some values could not be opened; they are listed by table, column and row."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch-size", type=int, default=500)
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )

    def handle(self, *, batch_size: int, json: bool, **options: Any) -> None:
        tallies = []
        for column in rotation.sealed_columns():
            tallies.append(rotation.rotate(column, batch_size=batch_size))
            if not json:
                self._tell(tallies[-1])
        if json:
            self._write_json(tallies)
        if not all(tally.done for tally in tallies):
            sys.exit(1)

    def _tell(self, tally: rotation.Tally) -> None:
        self.stdout.write(f"{tally.column}: {tally.resealed} resealed")
        for pk in tally.unreadable:
            self.stdout.write(self.style.ERROR(f"  row {pk} can't be opened"))
        if tally.refused:
            self.stdout.write(self.style.ERROR(f"  the database refused: {tally.refused}"))

    def _write_json(self, tallies: list[rotation.Tally]) -> None:
        document = {
            "key": keyring.ring().writing_id,
            "ok": all(tally.done for tally in tallies),
            "columns": [asdict(tally) for tally in tallies],
        }
        self.stdout.write(json.dumps(document))
