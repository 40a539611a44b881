"""`manage.py probe_booking`: a booking up to the card, as a customer makes it."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from payments.probe import metrics
from payments.probe.browser import HttpBrowser
from payments.probe.walk import to_the_pay_page


class Command(BaseCommand):
    help = (
        "Walk through the shop over HTTP (catalogue, hold, details, pay page), never pay, and give the place back. "
        "Status 0: all of it worked. Status 1: a step failed; it is named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default=settings.SITE_URL, help="the site (SITE_URL)")
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )

    def handle(self, *, url: str, json: bool, **options: Any) -> None:
        with to_the_pay_page(HttpBrowser(url)) as walk:
            pass
        metrics.walked(walk)
        if json:
            self.stdout.write(_document(walk))
        else:
            for step, ms in walk.steps.items():
                self.stdout.write(f"{step}: {ms:.0f} ms")
            if not walk.ok:
                self.stdout.write(self.style.ERROR(walk.stuck or "the place was not given back"))
        if not walk.ok:
            sys.exit(1)


def _document(walk: Any) -> str:
    found = {name: value for name, value in asdict(walk).items() if name != "page"}
    return json.dumps({"ok": walk.ok, **found})
