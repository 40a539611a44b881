"""`manage.py sbom`: the software bill of materials."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core import supply


class Command(BaseCommand):
    help = "Write the software bill of materials (CycloneDX 1.6, JSON) of what runs, from the lock files."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, help="a file instead of standard output")

    def handle(self, *, output: Path | None, **options: Any) -> None:
        text = json.dumps(supply.bill(settings.BASE_DIR), indent=2)
        if output is None:
            self.stdout.write(text)
        else:
            output.write_text(text + "\n")
