"""How long the office waits for the first page of each list, and for what it looks for, with very many bookings.

`python -m tests.performance.lists [--bookings 100000] [--keep DIR]`: servers and data as `make load` has them; the pages
through the whole site in one process. CPU is that of this process, wall time has the database's in it; `statements` must be
the same each time. With `--keep DIR` the data stay there, and the next run needs not make them again.
"""

import argparse
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.performance import site

ASKED = 12
PROMISED_MS = 300
BADGES = ["refunds", "reviews", "webhooks"]
LISTS = {
    "bookings": "/admin/courses/booking/",
    "bookings, confirmed": "/admin/courses/booking/?status__exact=confirmed",
    "bookings, in one town": "/admin/courses/booking/?session__venue__town={town}",
    "bookings, page 100": "/admin/courses/booking/?p=100",
    "bookings by name": "/admin/courses/booking/?q={name}",
    "customers": "/admin/courses/customer/",
    "customers by name": "/admin/courses/customer/?q={name}",
    "payments": "/admin/payments/payment/",
    "payments, taken": "/admin/payments/payment/?status__exact=succeeded",
    "refunds": "/admin/payments/refund/",
    "invoices and credit notes": "/admin/invoicing/document/",
    "credit notes": "/admin/invoicing/document/?kind__exact=credit_note",
    "invoices by name": "/admin/invoicing/document/?q={name}",
    "sessions": "/admin/courses/coursesession/",
    "sessions, past": "/admin/courses/coursesession/?when=past",
    "find: a name": "/admin/search/?s={name}",
    "find: a name, misspelt": "/admin/search/?s={misspelt}",
    "find: an address": "/admin/search/?s={email}",
    "find: a booking": "/admin/search/?s={reference}",
    "find: the box": "/admin/search/?s={name}&extended=1",
}


@dataclass
class Taken:
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    statements: set[int] = field(default_factory=set)

    @property
    def p95_ms(self) -> float:
        return statistics.quantiles(self.wall_ms, n=20)[-1]

    @property
    def is_kept(self) -> bool:
        return self.p95_ms < PROMISED_MS and len(self.statements) == 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the data stay")
    parser.add_argument("--page", default="", help="only those whose name begins so")
    options = parser.parse_args()
    with site.servers(bookings=options.bookings, keep=options.keep):
        import django

        django.setup()
        told = {name: _ask(address) for name, address in _addresses(options.page).items()}
    print(f"{options.bookings:,} bookings, first pages, promised under {PROMISED_MS} ms:")
    print(f"{'':28}  wall p50   p95   CPU p50  statements")
    for name, taken in told.items():
        wall, cpu = statistics.median(taken.wall_ms), statistics.median(taken.cpu_ms)
        counts = "/".join(map(str, sorted(taken.statements)))
        mark = "" if taken.is_kept else "  BROKEN"
        print(f"{name:28}  {wall:8.0f} {taken.p95_ms:5.0f}  {cpu:8.0f}  {counts:>10}{mark}")
    return 0 if all(taken.is_kept for taken in told.values()) else 1


def _addresses(beginning: str) -> dict[str, str]:
    """With words that are in the data: the name that most people have, and somebody's address."""
    from courses.models import Booking

    newest = Booking.objects.exclude(customer=None).select_related("customer", "session__venue")
    booking = newest.order_by("-created_at")[1000]
    name = booking.customer.name
    words = {
        "town": booking.session.venue.town,
        "name": name,
        "misspelt": name[:-2] + name[-1] + name[-2],
        "email": booking.customer.email,
        "reference": booking.reference,
    }
    words = {key: quote(word) for key, word in words.items()}
    return {
        name: address.format(**words)
        for name, address in LISTS.items()
        if name.startswith(beginning)
    }


def _ask(address: str) -> Taken:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from core.backoffice import badges
    from tests.core.backoffice.staff import of_role

    settings.ALLOWED_HOSTS = ["testserver"]
    client, taken = Client(), Taken()
    client.force_login(of_role("owner"))
    client.get(address)
    for _ in range(ASKED):
        badges.waiting(BADGES)  # kept for 15 s, so that a page seldom asks for them
        wall, cpu = time.perf_counter(), time.process_time()
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
        taken.cpu_ms.append((time.process_time() - cpu) * 1000)
        taken.wall_ms.append((time.perf_counter() - wall) * 1000)
        taken.statements.add(len(asked))
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code} for {address}")
    return taken


if __name__ == "__main__":
    sys.exit(main())
