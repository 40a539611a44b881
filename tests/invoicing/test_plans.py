"""Every way in which papers are looked up uses an index, with 100,000 of them in the table."""

import json
from uuid import UUID

import pytest
from django.db import connection

from invoicing import selectors
from invoicing.models import Document

pytestmark = pytest.mark.django_db
ROWS = 100_000
FILL = """
    INSERT INTO invoicing_document (
        id, kind, series, year, number, label, issued_at, tax_point, booking_id, payment_id, refund_id, refers_to_id,
        booking_reference, currency, net_minor, vat_minor, gross_minor, seller, lines, private, content_hash
    )
    SELECT
        pk(n), CASE WHEN credit THEN 'credit_note' ELSE 'invoice' END, CASE WHEN credit THEN 'CN' ELSE 'INV' END, 2026, n,
        CASE WHEN credit THEN 'CN' ELSE 'INV' END || '-2026-' || lpad(n::text, 6, '0'),
        '2026-01-01Z'::timestamptz + n * interval '5 minutes', '2026-01-01', pk(n), pk(n),
        CASE WHEN credit THEN pk(n) END, CASE WHEN credit THEN pk(n - 1) END,
        'RFT-' || n, 'GBP', 8000, 1600, 9600, '{}', '[]', ''::bytea, ''
    FROM generate_series(1, %s) AS n, LATERAL (SELECT n %% 10 = 0 AS credit) AS kinds
"""


@pytest.fixture(scope="module")
def hundred_thousand(django_db_setup, django_db_blocker):
    """In one transaction that is rolled back: keys to other tables and triggers are set aside for it."""
    from django.db import transaction

    with django_db_blocker.unblock():
        with transaction.atomic():
            with connection.cursor() as cursor:
                _set_guards_aside(cursor)
                cursor.execute(
                    "CREATE FUNCTION pk(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS "
                    "$$ SELECT lpad(to_hex(n), 32, '0')::uuid $$"
                )
                cursor.execute(FILL, [ROWS])
                cursor.execute("ANALYZE invoicing_document")
            yield
            transaction.set_rollback(True)
        connection.close()


class TestPlans:
    @pytest.mark.parametrize(
        "name",
        [
            "of_booking",
            "one",
            "invoice_of_booking",
            "by_number",
            "of_payment",
            "of_refund",
            "credit_notes",
            "by_reference",
        ],
    )
    def test_finds_by_index(self, hundred_thousand, name):
        plan = plan_of(LOOK_UPS[name]())

        assert "Seq Scan" not in plan, plan
        assert "Index" in plan or "Bitmap" in plan

    @pytest.mark.parametrize("kind", [None, "invoice", "credit_note"])
    def test_pages_the_list_without_sorting(self, hundred_thousand, kind):
        shown = Document.objects.filter(kind=kind) if kind else Document.objects.all()

        plan = plan_of(shown.order_by("-issued_at", "-id")[:50])

        assert "Seq Scan" not in plan, plan
        assert '"Sort"' not in plan, plan


KEY = UUID("00000000-0000-0000-0000-00000000c34f")  # 49,999: an invoice
CREDIT_KEY = UUID("00000000-0000-0000-0000-00000000c350")  # 50,000: its credit note
LOOK_UPS = {
    "of_booking": lambda: selectors.documents_of(KEY),
    "one": lambda: Document.objects.filter(pk=KEY),
    "invoice_of_booking": lambda: (
        Document.objects.invoices().filter(booking_id=KEY).order_by("-issued_at", "-number")
    ),
    "by_number": lambda: Document.objects.filter(label__startswith="INV-2026-049999"),
    "of_payment": lambda: Document.objects.invoices().filter(payment_id=KEY),
    "of_refund": lambda: Document.objects.credit_notes().filter(refund_id=CREDIT_KEY),
    "credit_notes": lambda: Document.objects.filter(refers_to_id=KEY),
    "by_reference": lambda: Document.objects.filter(booking_reference="RFT-49999"),
}


def plan_of(queryset):
    assert len(queryset) >= 1
    return json.dumps(json.loads(queryset.explain(format="json")))


def _set_guards_aside(cursor):
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'invoicing_document'::regclass AND contype = 'f'"
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE invoicing_document DROP CONSTRAINT "{name}"')
    cursor.execute("ALTER TABLE invoicing_document DISABLE TRIGGER USER")
