"""Asserts what must always be true of the database and the gateway's books."""

import json
import os
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from core import clock
from core.invariants import books as gateway
from core.invariants import runner

CLEAN, BROKEN, NOT_CHECKED = 0, 1, 2
GRACE_SECONDS = 300


class Command(BaseCommand):
    help = (
        "Check every invariant, read-only. Status 0: all hold. 1: something is broken; its id, cause and rows are "
        "printed. 2: it could not be checked."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )
        parser.add_argument(
            "--books",
            metavar="URL|FILE",
            help="the gateway's books; by default the sandbox's, when the shop talks to one. The token of "
            "the sandbox's control plane comes from SANDBOX_CONTROL_TOKEN.",
        )
        parser.add_argument(
            "--grace",
            type=int,
            default=GRACE_SECONDS,
            metavar="SECONDS",
            help=f"how long work may be under way before it counts as stuck ({GRACE_SECONDS}); 0 after a "
            "run that has come to rest",
        )

    def handle(self, *, json: bool, books: str | None, grace: int, **options: Any) -> None:
        try:
            report = runner.run(
                read_books=_reader(books), now=clock.now(), grace=timedelta(seconds=grace)
            )
        except (gateway.BooksUnreadable, DatabaseError) as error:
            self._write_failure(error, as_json=json)
            raise SystemExit(NOT_CHECKED) from error
        self._write_json(report) if json else self._tell(report)
        if not report.ok:
            raise SystemExit(BROKEN)

    def _tell(self, report: runner.Report) -> None:
        for violation in report.violations:
            self.stdout.write(self.style.ERROR(f"{violation.id} broken: {violation.statement}"))
            self.stdout.write(f"  cause: {violation.cause}")
            for row in violation.rows:
                self.stdout.write(
                    "  " + ", ".join(f"{name}={value}" for name, value in row.items())
                )
            if violation.count > len(violation.rows):
                self.stdout.write(f"  and {violation.count - len(violation.rows)} more")
        if report.unchecked:
            self.stdout.write(f"{len(report.unchecked)} checks need the gateway's books (--books)")
        broken = len({violation.id for violation in report.violations})
        self.stdout.write(f"{len(report.checked)} invariants checked, {broken} broken")

    def _write_json(self, report: runner.Report) -> None:
        self.stdout.write(json.dumps({"ok": report.ok, **asdict(report)}, default=str))

    def _write_failure(self, error: Exception, *, as_json: bool) -> None:
        words = f"could not be checked: {error}"
        self.stdout.write(json.dumps({"ok": False, "error": words}) if as_json else words)


def _reader(source: str | None) -> Any:
    source = source or _sandbox()
    token = os.environ.get("SANDBOX_CONTROL_TOKEN", "")
    return partial(gateway.fetch, source, token=token) if source else None


def _sandbox() -> str | None:
    """The books' address when the shop's gateway is the sandbox of this machine."""
    base = settings.STRIPE_API_BASE
    return f"{base}/_control/books" if base.startswith("http://127.0.0.1:") else None
