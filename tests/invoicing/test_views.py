"""A booking's papers behind its link: this booking's, and nobody else's."""

import pytest
from django.urls import reverse

from courses.models import Booking
from invoicing.models import Document
from invoicing.services import issue
from tests.courses.make import NOW
from tests.invoicing.builders import make_refund, make_sale

pytestmark = pytest.mark.django_db


@pytest.fixture
def sale():
    payment = make_sale(places=2)
    issue.invoice(payment_id=payment.pk, now=NOW)
    return payment


def token_of(payment):
    return Booking.objects.get(pk=payment.booking_id).token


class TestInvoicePdf:
    def test_gives_the_file(self, client, sale):
        response = client.get(reverse("invoicing:invoice_pdf", args=[token_of(sale)]))

        assert response.status_code == 200
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == 'inline; filename="INV-2026-00001.pdf"'
        assert response["Cache-Control"] == "private, no-store"
        assert response.content.startswith(b"%PDF-")

    def test_asks_the_database_little_once_the_file_is_made(
        self, client, sale, django_assert_max_num_queries
    ):
        address = reverse("invoicing:invoice_pdf", args=[token_of(sale)])
        client.get(address)

        with django_assert_max_num_queries(5):
            client.get(address)

    def test_has_none_before_the_money(self, client):
        from tests.courses.make import make_ready

        booking = make_ready()

        response = client.get(reverse("invoicing:invoice_pdf", args=[booking.token]))

        assert response.status_code == 404

    @pytest.mark.parametrize("token", ["x", "x" * 32, "é" * 32, "x" * 400])
    def test_refuses_a_link_that_does_not_exist(self, client, token):
        assert client.get(f"/bookings/{token}/invoice.pdf").status_code == 404

    def test_is_only_read(self, client, sale):
        address = reverse("invoicing:invoice_pdf", args=[token_of(sale)])

        assert client.post(address).status_code == 405


class TestDocumentPdf:
    def test_gives_a_credit_note(self, client, sale):
        note = issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)

        response = client.get(reverse("invoicing:document_pdf", args=[token_of(sale), note.label]))

        assert response.status_code == 200
        assert response["Content-Disposition"] == f'inline; filename="{note.label}.pdf"'

    def test_hides_another_bookings_document(self, client, sale):
        other = make_sale(places=1)
        hidden = issue.invoice(payment_id=other.pk, now=NOW)

        response = client.get(
            reverse("invoicing:document_pdf", args=[token_of(sale), hidden.label])
        )

        assert response.status_code == 404

    @pytest.mark.parametrize("label", ["INV-2026-99999", "%00", "' OR 1=1", "..%2F..%2Fetc"])
    def test_refuses_a_number_that_does_not_exist(self, client, sale, label):
        response = client.get(f"/bookings/{token_of(sale)}/documents/{label}.pdf")

        assert response.status_code == 404


class TestDocumentsFragment:
    def test_lists_all_papers(self, client, sale):
        issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)

        words = client.get(
            reverse("invoicing:documents_fragment", args=[token_of(sale)])
        ).content.decode()

        assert "Invoice INV-2026-00001 (PDF)" in words
        assert "Credit note CN-2026-00001 (PDF)" in words
        assert "£192.00" in words
        assert "credits INV-2026-00001" in words

    def test_says_so_when_there_is_none_yet(self, client):
        payment = make_sale()

        words = client.get(
            reverse("invoicing:documents_fragment", args=[token_of(payment)])
        ).content.decode()

        assert "isn’t ready yet" in words
        assert not Document.objects.exists()
