"""Proves that the audit trail is whole."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from core.audit import chain, selectors
from core.audit.models import AuditEntry


class Command(BaseCommand):
    help = (
        "Recompute every hash of the audit trail. Compare the printed head with the one of the log to see "
        "that no chain was cut short. Status 1: a link is missing or altered."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--subject", default="", help="one chain only, such as courses.booking:<id>"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )

    def handle(self, *, subject: str, json: bool, **options: Any) -> None:
        self.entries = 0
        broken = list(chain.breaks(self._counted(selectors.in_chains(subject))))
        if json:
            self._write_json(broken)
        else:
            self._tell(broken)
        if broken:
            sys.exit(1)

    def _counted(self, entries: Iterable[AuditEntry]) -> Iterator[AuditEntry]:
        for entry in entries:
            self.entries += 1
            yield entry

    def _tell(self, broken: list[chain.Break]) -> None:
        for link in broken:
            self.stdout.write(self.style.ERROR(f"{link.subject} #{link.sequence}: {link.why}"))
        head = selectors.head()
        self.stdout.write(f"{self.entries} entries, {head.chains} chains, head {head.hash}")

    def _write_json(self, broken: list[chain.Break]) -> None:
        document = {
            "ok": not broken,
            "entries": self.entries,
            **{f"head_{name}": value for name, value in asdict(selectors.head()).items()},
            "broken": [asdict(link) for link in broken],
        }
        self.stdout.write(json.dumps(document))
