"""`manage.py load_sample_catalogue`: something to look at, and as much history as a benchmark wants."""

import datetime as dt
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from core import clock
from courses.services import sample_catalogue
from courses.services import sample_history as bookings
from invoicing.services import sample_history as papers
from payments.services import sample_history as money

# Rows by the hundred thousand change what the planner should believe of these tables.
ANALYSED = (
    "courses_coursesession", "courses_customer", "courses_booking", "courses_attendee",
    "courses_bookingtransition", "payments_payment", "payments_paymenttransition",
    "payments_refund", "fraud_assessment", "fraud_outcome", "invoicing_document",
)  # fmt: skip


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
            with transaction.atomic():
                papers.refuse_a_used_shop()
                paid: list[money.PaidSale] = []
                for sales in bookings.fill(bookings=count, now=now):
                    paid += money.fill(sales=sales)
                papers.fill(paid=paid)
        except papers.NumbersInUse as refusal:
            raise CommandError(refusal.detail) from refusal
        self._analyse()
        seconds = time.monotonic() - begun
        self.stdout.write(f"Sample history: {count} bookings in {seconds:.1f} s.")

    def _analyse(self) -> None:
        with connection.cursor() as cursor:
            for table in ANALYSED:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
