"""Reseals everything under the first key of ENCRYPTION_KEY."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from core.crypto import keyring, rotation, usage


class Command(BaseCommand):
    help = (
        "Reseal every sealed column under the first key of ENCRYPTION_KEY, while the site runs. First give every "
        "process the new key behind the old one (old,new), then in front of it (new,old), then run this; keep the old "
        "one until it ends with status 0. It can be killed and started again: it goes on where it was. "
        "Status 1: some values could not be opened; they are listed by table, column and row."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch-size", type=int, default=500)
        parser.add_argument(
            "--check",
            action="store_true",
            help="only count what is under which key; change nothing",
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )

    def handle(self, *, batch_size: int, check: bool, json: bool, **options: Any) -> None:
        if check:
            self._count(json)
            return
        tallies = []
        for column in rotation.sealed_columns():
            tallies.append(rotation.rotate(column, batch_size=batch_size, progress=self._progress))
            if not json:
                self._tell(tallies[-1])
        if json:
            self._write_json(tallies)
        if not all(tally.done for tally in tallies):
            sys.exit(1)

    def _progress(self, tally: rotation.Tally) -> None:
        self.stderr.write(f"{tally.column}: {tally.resealed} resealed so far")

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

    def _count(self, as_json: bool) -> None:
        columns = {
            rotation.name_of(column): rotation.under_each_key(column)
            for column in rotation.sealed_columns()
        }
        uses = usage.of_each_key()
        if as_json:
            document = {"key": keyring.ring().writing_id, "columns": columns, "uses": uses}
            self.stdout.write(json.dumps(document))
            return
        for name, keys in columns.items():
            said = ", ".join(f"{key} {count}" for key, count in sorted(keys.items()))
            self.stdout.write(f"{name}: {said or 'empty'}")
        for key, count in uses.items():
            self.stdout.write(
                f"key {key}: sealed at most {count} values; change it by {usage.ALARM}"
            )
