"""Says which indexes are missing, with the evidence, and builds them if asked."""

import json as json_module
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from core.database.advising import building, proposals
from core.database.advising.building import Built
from core.database.advising.proposals import Proposal
from core.database.advising.statements import NoStatistics


class Command(BaseCommand):
    help = (
        "Show indexes that what was really asked would need; --apply builds them without a lock and keeps "
        "those that make it cheaper. Status 1: something is advised and was not built."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )
        parser.add_argument("--apply", action="store_true", help="build them, concurrently")

    def handle(self, *, json: bool, apply: bool, **_options: Any) -> None:
        if connection.in_atomic_block and apply:
            raise CommandError("Indexes are built outside of any transaction.")
        with connection.cursor() as cursor:
            try:
                found = proposals.make(cursor)
            except NoStatistics:
                raise CommandError(
                    "pg_stat_statements is not there. A superuser makes it: CREATE EXTENSION "
                    "pg_stat_statements (and shared_preload_libraries names it)."
                ) from None
            built = [building.build(cursor, each) for each in found] if apply else []
        if json:
            self.stdout.write(json_module.dumps(_document(found, built)))
        else:
            self._tell(found, built)
        if found and not apply:
            sys.exit(1)

    def _tell(self, found: list[Proposal], built: list[Built]) -> None:
        if not found:
            self.stdout.write("No index is missing.")
        for each in found:
            columns = ", ".join(each.columns)
            self.stdout.write(
                f"{each.table} ({columns}): {each.rows} rows are read to find few, "
                f"{each.total_ms:.0f} ms so far"
            )
            for served in each.serves[:3]:
                text = " ".join(served.text.split())[:160]
                self.stdout.write(f"    {served.calls} times, {served.mean_ms:.1f} ms each: {text}")
        for one in built:
            word = "kept" if one.kept else "not used, dropped again"
            self.stdout.write(
                f"{one.proposal.name}: cost {one.cost_before:.0f} -> {one.cost_after:.0f}, {word}"
            )


def _document(found: list[Proposal], built: list[Built]) -> dict[str, Any]:
    costs = {
        one.proposal.name: {
            "name": one.proposal.name,
            "cost_before": one.cost_before,
            "cost_after": one.cost_after,
            "kept": one.kept,
        }
        for one in built
    }
    return {"indexes": [{**each.as_json(), "built": costs.get(each.name)} for each in found]}
