"""16 writers of invoices at once, every tenth rolled back: numbers without a gap, one each, dates in order.

The twins take the guard away (no lock; a sequence): the same storm must then leave a mark, or it proves nothing.
"""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from core.ids import reference, secret_token, uuid7
from courses.models import Booking
from invoicing import numbering
from invoicing.models import Document
from invoicing.services import issue
from payments.models import Payment
from tests.courses.make import make_session
from tests.invoicing.builders import make_sale

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 16
SALES = 160
ROLLED_BACK = 16


class RolledBack(Exception):
    """The writer's transaction failed for a reason of its own, after it took its number."""


class TestWriters:
    def test_leave_no_gap_no_double_and_no_date_out_of_order(self):
        payments = make_sales()

        errors = storm(payments)

        numbers = list(Document.objects.order_by("number").values_list("number", "issued_at"))
        assert errors == []
        assert [number for number, _ in numbers] == list(range(1, SALES - ROLLED_BACK + 1))
        assert [at for _, at in numbers] == sorted(at for _, at in numbers)

    def test_of_one_sale_leave_one_invoice(self):
        sale = make_sale()
        barrier = threading.Barrier(WRITERS)

        def write(_):
            try:
                barrier.wait(timeout=30)
                return issue.invoice(payment_id=sale.pk, now=datetime.now(UTC)).pk
            finally:
                connection.close()

        with ThreadPoolExecutor(WRITERS) as pool:
            issued = set(pool.map(write, range(WRITERS)))

        assert len(issued) == 1
        assert Document.objects.count() == 1


class TestTwins:
    def test_without_the_lock_the_storm_breaks_something(self, monkeypatch):
        monkeypatch.setattr(numbering, "take", take_without_lock)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE invoicing_counter DISABLE TRIGGER USER")
        try:
            errors = storm(make_sales())
        finally:
            enable_triggers()

        assert any(isinstance(error, IntegrityError) for error in errors)

    def test_with_a_sequence_the_storm_leaves_gaps(self, monkeypatch):
        monkeypatch.setattr(numbering, "take", take_from_sequence)
        with connection.cursor() as cursor:
            cursor.execute("CREATE SEQUENCE race_numbers")
            cursor.execute("ALTER TABLE invoicing_document DISABLE TRIGGER USER")
        try:
            errors = storm(make_sales())
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP SEQUENCE race_numbers")
            enable_triggers()

        numbers = set(Document.objects.values_list("number", flat=True))
        assert errors == []
        assert len(numbers) == SALES - ROLLED_BACK
        assert max(numbers) > len(numbers)


def storm(payments):
    """Every payment invoiced by some writer; what went wrong that should not."""
    doomed = set(random.Random(7).sample(payments, ROLLED_BACK))
    barrier = threading.Barrier(WRITERS)
    parts = [payments[number::WRITERS] for number in range(WRITERS)]

    def write(part):
        barrier.wait(timeout=60)
        try:
            return [error for each in part if (error := write_one(each, each in doomed))]
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        return [error for errors in pool.map(write, parts) for error in errors]


def write_one(payment_id, doomed):
    try:
        with transaction.atomic():
            issue.invoice(payment_id=payment_id, now=datetime.now(UTC))
            if doomed:
                raise RolledBack
    except RolledBack:
        return None
    except Exception as error:
        return error
    return None


def make_sales():
    """Copies of one sale: only the papers race here."""
    original = make_sale(places=1)
    session, payments = make_session(on=date(2027, 3, 1), capacity=SALES), []
    for _ in range(SALES):
        booking = Booking.objects.get(pk=original.booking_id)
        booking.pk, booking.reference, booking.token = uuid7(), reference(), secret_token()
        booking.session = session
        payment = Payment.objects.get(pk=original.pk)
        payment.pk, payment.booking = uuid7(), booking
        for name in ("operation_id", "confirmation_token", "gateway_id", "charge_id"):
            setattr(payment, name, f"{name}-{payment.pk}")
        payment.client_secret, payment.address, payment.device = "", "", {}
        payments.append(payment)
    Booking.objects.bulk_create([payment.booking for payment in payments])
    Payment.objects.bulk_create(payments)
    return [payment.pk for payment in payments]


def take_without_lock(*, series, now):
    """Reads, then writes: what two writers read at once they both take."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(number), 0) + 1 FROM invoicing_document WHERE series = %s",
            [series],
        )
        number = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO invoicing_counter (series, year, last_number, last_issued_at) VALUES (%s, 2026, 100000, '2100-01-01')"
            " ON CONFLICT DO NOTHING",
            [series],
        )
    return numbering.Number(series=series, year=2026, number=number, issued_at=now)


def take_from_sequence(*, series, now):
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('race_numbers')")
        return numbering.Number(
            series=series, year=2026, number=cursor.fetchone()[0], issued_at=now
        )


def enable_triggers():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE invoicing_counter ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE invoicing_document ENABLE TRIGGER USER")
