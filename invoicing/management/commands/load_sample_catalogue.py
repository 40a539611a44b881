"""`manage.py load_sample_catalogue`: something to look at, and as much history as a benchmark wants."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core import clock
from courses.services import sample_catalogue


class Command(BaseCommand):
    help = (
        "Adds sample courses, venues and half a year of dates; a second run adds what is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--bookings",
            type=int,
            default=0,
            metavar="N",
            help="also N bookings with all their rows",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        loaded = sample_catalogue.load(now=now)
        self.stdout.write(
            f"Sample catalogue: {loaded.courses} courses, {loaded.venues} venues and "
            f"{loaded.sessions} dates added."
        )
