"""The office's list of papers: to read, to send again, to hand on. Nothing on it changes one."""

import csv
import io

import pytest
from django.urls import reverse

from core.audit.models import AuditEntry
from core.mail.models import Message
from invoicing.models import Document, File, FileFailure
from invoicing.services import issue
from tests.courses.make import NOW
from tests.invoicing.builders import COMPANY, make_refund, make_sale

pytestmark = pytest.mark.django_db
LIST = "admin:invoicing_document_changelist"


@pytest.fixture
def invoice():
    sale = make_sale(places=2)
    document = issue.invoice(payment_id=sale.pk, now=NOW)
    issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)
    return document


class TestList:
    def test_shows_numbers_states_and_totals(self, admin_client, invoice):
        words = admin_client.get(reverse(LIST)).content.decode()

        for expected in (
            "INV-2026-00001", "↳ CN-2026-00001", "Example Joinery Ltd", "PO-20417", "£160.00",
            "£192.00", "−£96.00", "Part credited",
            "Numbers run without a gap to INV-2026-00001, CN-2026-00001.",
            "to correct an invoice, make a credit note",
        ):  # fmt: skip
            assert expected in words, expected
        assert "£96.00</dd>" in words  # 192 less 96 in all

    def test_asks_as_much_for_fifty_as_for_one(
        self, admin_client, invoice, django_assert_max_num_queries
    ):
        for _ in range(5):
            issue.invoice(payment_id=make_sale().pk, now=NOW)

        with django_assert_max_num_queries(14):
            admin_client.get(reverse(LIST))

    @pytest.mark.parametrize("query", ["inv-2026-00001", "INV-2026"])
    def test_finds_by_number(self, admin_client, invoice, query):
        words = admin_client.get(reverse(LIST), {"q": query}).content.decode()

        assert "INV-2026-00001" in words
        assert "↳ CN-2026-00001" not in words

    def test_finds_by_booking(self, admin_client, invoice):
        words = admin_client.get(reverse(LIST), {"q": invoice.booking_reference}).content.decode()

        assert "↳ CN-2026-00001" in words

    def test_shows_what_could_not_be_made(self, admin_client, invoice):
        FileFailure.objects.create(document=invoice, error="out of ink", failed_at=NOW)

        words = admin_client.get(reverse(LIST), {"pdf": "failed"}).content.decode()

        assert "PDF not made: out of ink" in words
        assert "↳ CN-2026-00001" not in words

    def test_can_not_add_change_or_delete(self, admin_client, invoice):
        change = reverse("admin:invoicing_document_change", args=[invoice.pk])

        assert admin_client.get(reverse("admin:invoicing_document_add")).status_code == 403
        assert admin_client.get(change).status_code == 200
        assert admin_client.post(change, {"label": "X"}).status_code == 403
        delete = reverse("admin:invoicing_document_delete", args=[invoice.pk])
        assert admin_client.post(delete, {"post": "yes"}).status_code == 403
        assert Document.objects.get(pk=invoice.pk).label == "INV-2026-00001"

    def test_is_for_staff(self, client, invoice):
        file = reverse("admin:invoicing_document_pdf", args=[invoice.pk])

        for address in (reverse(LIST), file):
            assert client.get(address).status_code == 302


class TestActs:
    def test_sends_again_with_a_trace_of_who_asked(self, admin_client, admin_user, invoice):
        act(admin_client, "send_again", invoice)
        act(admin_client, "send_again", invoice)

        assert Message.objects.filter(kind="invoicing.invoice").count() == 2
        entries = AuditEntry.objects.filter(subject=f"invoicing.document:{invoice.pk}")
        assert {entry.actor for entry in entries} == {f"staff:{admin_user.pk}"}

    def test_makes_the_file(self, admin_client, invoice):
        FileFailure.objects.create(document=invoice, error="out of ink", failed_at=NOW)

        act(admin_client, "make_files", invoice)

        assert File.objects.get().document == invoice
        assert not FileFailure.objects.exists()

    def test_gives_the_file(self, admin_client, invoice):
        response = admin_client.get(reverse("admin:invoicing_document_pdf", args=[invoice.pk]))

        assert response.content.startswith(b"%PDF-")

    def test_exports_for_the_accountant(self, admin_client, invoice):
        response = act(admin_client, "export_csv", *Document.objects.all())

        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert rows[1][:2] == ["INV-2026-00001", "Invoice"]
        assert rows[1][-3:] == ["160.00", "32.00", "192.00"]
        assert rows[2][-3:] == ["-80.00", "-16.00", "-96.00"]

    @pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "@SUM(A1)", "+1", "-1", "\t=1"])
    def test_exports_no_formula(self, admin_client, name):
        from dataclasses import replace

        sale = make_sale(customer=replace(COMPANY, company=name))
        document = issue.invoice(payment_id=sale.pk, now=NOW)

        response = act(admin_client, "export_csv", document)

        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert rows[1][5] in (f"'{name}", f"'{name.strip()}")


def act(client, action, *documents):
    return client.post(
        reverse(LIST), {"action": action, "_selected_action": [d.pk for d in documents]}
    )
