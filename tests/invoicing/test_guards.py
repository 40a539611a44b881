"""Issued papers never change: not by the ORM, not by SQL, not by the application's role, not by anybody's TRUNCATE."""

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from invoicing import numbering
from invoicing.models import Counter, Document, File
from invoicing.services import files, issue
from tests.courses.make import NOW
from tests.invoicing.builders import make_sale

pytestmark = pytest.mark.django_db


@pytest.fixture
def document():
    return issue.invoice(payment_id=make_sale().pk, now=NOW)


class TestDocument:
    def test_refuses_a_queryset_update(self, document):
        before = document.gross_minor

        self.refuses(document, lambda: Document.objects.update(gross_minor=1, net_minor=1))

        assert Document.objects.get().gross_minor == before

    def test_refuses_a_save(self, document):
        before, document.label = document.label, "INV-2026-99999"

        self.refuses(document, document.save)

        assert Document.objects.get().label == before

    def test_refuses_a_delete(self, document):
        self.refuses(document, lambda: Document.objects.all()._raw_delete("default"))

        assert Document.objects.count() == 1

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE invoicing_document SET lines = '[]'",
            "UPDATE invoicing_document SET private = ''",
            "DELETE FROM invoicing_document",
        ],
    )
    def test_refuses_raw_sql_of_the_owner(self, document, statement):
        before = document.lines

        self.refuses(document, lambda: run(statement))

        assert Document.objects.get().lines == before

    def test_refuses_truncate_without_the_switch_of_tests(self, document):
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("SET LOCAL app.allow_truncate = 'off'")

        self.refuses(document, lambda: run("TRUNCATE invoicing_document CASCADE"))

        assert Document.objects.count() == 1

    def refuses(self, document, act):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            act()
        kept = Document.objects.get(pk=document.pk)
        assert issue.content_hash(kept) == kept.content_hash


class TestFile:
    def test_refuses_to_be_altered(self, document):
        files.pdf(document_id=document.pk, now=NOW)

        for statement in ("UPDATE invoicing_file SET content = ''", "DELETE FROM invoicing_file"):
            with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
                run(statement)

        assert File.objects.get().content.startswith(b"%PDF")


class TestApplicationRole:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE invoicing_document SET gross_minor = 1",
            "DELETE FROM invoicing_document",
            "TRUNCATE invoicing_document CASCADE",
            "SELECT 1 FROM invoicing_document FOR UPDATE",
            "UPDATE invoicing_file SET sha256 = ''",
            "DELETE FROM invoicing_file",
            "DELETE FROM invoicing_counter",
            "ALTER TABLE invoicing_document DISABLE TRIGGER ALL",
        ],
    )
    def test_has_no_right(self, document, statement):
        with transaction.atomic():
            run(f"SET LOCAL ROLE {settings.DB_APP_ROLE}")
            with (
                pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
                transaction.atomic(),
            ):
                run(statement)
            run("RESET ROLE")

        assert Document.objects.get().content_hash == document.content_hash

    def test_can_issue(self):
        sale = make_sale()
        with transaction.atomic():
            run(f"SET LOCAL ROLE {settings.DB_APP_ROLE}")

            issued = issue.invoice(payment_id=sale.pk, now=NOW)

            files.pdf(document_id=issued.pk, now=NOW)
            run("RESET ROLE")

        assert issued.label == "INV-2026-00001"


class TestNumber:
    def test_refuses_one_that_was_not_taken(self, document):
        document.pk, document.number, document.label = None, 2, "INV-2026-00002"
        document.payment = make_sale()

        with pytest.raises(IntegrityError, match="was not taken"), transaction.atomic():
            document.save(force_insert=True)

        assert Document.objects.count() == 1

    def test_refuses_one_twice(self, document):
        again = Document.objects.get()
        again._state.adding, again.payment, again.label = True, make_sale(), "INV-2026-00001b"
        again.pk = make_sale().pk

        with pytest.raises(IntegrityError, match="invoicing_number_once"), transaction.atomic():
            again.save(force_insert=True)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE invoicing_counter SET last_number = 0",
            "UPDATE invoicing_counter SET last_number = last_number + 2",
            "UPDATE invoicing_counter SET last_number = last_number + 1, last_issued_at = '2020-01-01'",
            "UPDATE invoicing_counter SET last_number = last_number + 1, year = 2020",
            "DELETE FROM invoicing_counter",
        ],
    )
    def test_its_counter_only_counts_up(self, document, statement):
        with pytest.raises(DatabaseError, match="only counts up"), transaction.atomic():
            run(statement)

        assert Counter.objects.get().last_number == 1
        with transaction.atomic():
            assert numbering.take(series="INV", now=NOW).number == 2


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
