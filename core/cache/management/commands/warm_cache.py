"""Make what visitors ask for first, before they ask."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.cache import warming


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names", nargs="*", metavar="name", help="which to warm; all when none is named"
        )
        parser.add_argument("--json", action="store_true", help="the result as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        unknown = set(options["names"]) - set(warming.all_warmers())
        if unknown:
            known = ", ".join(sorted(warming.all_warmers()))
            raise CommandError(f"No such warmer: {', '.join(sorted(unknown))}. There are: {known}.")
        done = warming.warm(*options["names"])
        if options["json"]:
            self.stdout.write(json.dumps([asdict(each) for each in done]))
        else:
            for each in done:
                words = f"failed: {each.error}" if each.error else f"{each.values} values"
                self.stdout.write(f"{each.name}: {words}, {each.ms:g} ms")
        if any(each.error for each in done):
            raise CommandError("Not all of it is warm.")
