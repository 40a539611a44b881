"""`manage.py load_sample_catalogue`: something to look at, and as much history as a benchmark wants."""

import datetime as dt
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from core.database.patience import patience
from courses.services import sample_catalogue
from courses.services import sample_history as bookings
from fraud.services import profiles
from invoicing.services import sample_history as papers
from payments.services import sample_history as money


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
            help="also N bookings with their payments, refunds, invoices and assessments, "
            "into a shop that has issued no invoice yet",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        loaded = sample_catalogue.load(now=now)
        self.stdout.write(
            f"Sample catalogue: {loaded.courses} courses, {loaded.venues} venues and "
            f"{loaded.sessions} dates added."
        )
        if options["bookings"] > 0:
            self._fill(options["bookings"], now)

    def _fill(self, count: int, now: dt.datetime) -> None:
        """All or nothing: the numbers of invoices have no gap, whatever happens half-way."""
        begun = time.monotonic()
        try:
            with patience():
                papers.refuse_a_used_shop()
                paid: list[money.PaidSale] = []
                for sales in bookings.fill(bookings=count, now=now):
                    paid += money.fill(sales=sales)
                papers.fill(paid=paid)
                profiles.rebuild(now=now)
        except papers.NumbersInUse as refusal:
            raise CommandError(refusal.detail) from refusal
        seconds = time.monotonic() - begun
        self.stdout.write(f"Sample history: {count} bookings in {seconds:.1f} s.")
