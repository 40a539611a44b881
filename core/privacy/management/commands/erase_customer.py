"""`manage.py erase_customer`: forget one person, as the law gives them the right to ask."""

import json as jsons
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core import clock
from core.errors import Refusal
from core.privacy import erasing


class Command(BaseCommand):
    help = (
        "Forget one person: by booking reference, e-mail address or customer id. Without --yes nothing is changed: it "
        "says what would be. A run that was cut short is started again with the same words. Invoices stay for their "
        "legal term (docs/privacy.md). Status 0: done, nothing left to do, or only shown. Status 1: it can't be done "
        "yet; the sentences say why."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("who", help="a booking reference, an e-mail address or a customer id")
        parser.add_argument("--yes", action="store_true", help="do it")
        parser.add_argument("--reason", default="The person asked for it.", help="for the audit")
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )

    def handle(self, *, who: str, yes: bool, reason: str, json: bool, **options: Any) -> None:
        now = clock.now()
        try:
            person = erasing.find(who)
        except erasing.NobodyFound as nobody:
            return self._tell({}, str(nobody.detail), False, json)
        shown = erasing.preview(person, now=now)
        if shown.bars:
            self._tell(shown.counts, " ".join(shown.bars), False, json)
            sys.exit(1)
        if not yes:
            return self._tell(shown.counts, "Nothing was changed. Add --yes to do it.", False, json)
        try:
            erasing.erase(person, actor="command", reason=reason, now=now)
        except Refusal as refusal:
            self._tell(shown.counts, str(refusal.detail), False, json)
            sys.exit(1)
        return self._tell(shown.counts, "Done. Invoices stay for their legal term.", True, json)

    def _tell(self, counts: dict[str, int], words: str, erased: bool, as_json: bool) -> None:
        if as_json:
            self.stdout.write(
                jsons.dumps({"erased": erased, "counts": counts, "words": words}, sort_keys=True)
            )
            return
        for name, number in counts.items():
            self.stdout.write(f"{number:6}  {name}")
        self.stdout.write(words)
