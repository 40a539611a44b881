"""`manage.py check_vulnerabilities`: what is known against the parts that the product is made of."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core import supply

FOUND, UNKNOWN = 1, 2


class Command(BaseCommand):
    help = (
        "Ask the OSV database what is known against every pinned package. Status 0: nothing. Status 1: something; it is "
        "listed. Status 2: the database could not be asked (no network), so nothing is known: run it where there is one."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--database", default=supply.DATABASE, help="another address that speaks OSV"
        )
        parser.add_argument(
            "--all", action="store_true", help="also what only checks and tests use"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )

    def handle(self, *, database: str, json: bool, all: bool, **options: Any) -> None:
        locks = [supply.RUNS, supply.CHECKS] if all else [supply.RUNS]
        parts = [part for lock in locks for part in supply.parts(settings.BASE_DIR / lock)]
        try:
            found = supply.vulnerabilities(parts, database=database)
        except supply.NotReachable as error:
            self.stderr.write(f"could not ask {database}: {error}; nothing is known")
            sys.exit(UNKNOWN)
        self._tell(found, len(parts), json)
        if found:
            sys.exit(FOUND)

    def _tell(self, found: dict[str, list[str]], asked: int, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"asked": asked, "vulnerable": found}))
            return
        for part, known in found.items():
            self.stdout.write(self.style.ERROR(f"{part}: {', '.join(known)}"))
        self.stdout.write(f"{len(found)} of {asked} parts have known vulnerabilities")
