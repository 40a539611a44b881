"""`manage.py check_pay_page`: the pay page's scripts and headers against what is kept of them."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core import clock
from payments.probe import checking, inventory, page, walk
from payments.probe.browser import HttpBrowser


class Command(BaseCommand):
    help = (
        "Fetch the pay page as a customer does and compare every script (by SHA-256) and header with the kept inventory. "
        "Status 0: the same. Status 1: something differs; it is listed, audited, and shown on Today. Status 2: the page "
        "could not be reached. The timetable runs it every week."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default=settings.SITE_URL, help="the site (SITE_URL)")
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )
        parser.add_argument(
            "--write",
            action="store_true",
            help="keep what is there now (a release that changes scripts); write a reason for each new script by hand",
        )

    def handle(self, *, url: str, json: bool, write: bool, **options: Any) -> None:
        if write:
            self._write(url)
            return
        found = checking.check(now=clock.now(), browser=HttpBrowser(url), actor="command")
        if json:
            self.stdout.write(_document(found))
        else:
            self.stdout.write(found.outcome.replace("_", " "))
            for line in found.differences:
                self.stdout.write(self.style.ERROR(f"  {line}"))
        if not found.ok:
            sys.exit(2 if found.outcome == checking.UNSEEN else 1)

    def _write(self, url: str) -> None:
        browser = HttpBrowser(url)
        with walk.to_the_pay_page(browser) as walked:
            if walked.page is None:
                self.stderr.write(walked.stuck)
                sys.exit(2)
            kept = inventory.write(page.look(browser, walked.page))
        for name, why in kept.why.items():
            self.stdout.write(f"{name}: {why or 'write a reason in ' + inventory.FILE.name}")


def _document(found: checking.Check) -> str:
    return json.dumps({"outcome": found.outcome, "differences": found.differences})
