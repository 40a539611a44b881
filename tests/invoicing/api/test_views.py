"""GET /api/v1/bookings/{token}/documents/."""

import pytest

from courses.models import Booking
from invoicing.services import issue
from tests.courses.make import NOW
from tests.invoicing.builders import make_refund, make_sale

pytestmark = pytest.mark.django_db


class TestDocumentList:
    def test_lists_papers_with_their_files(self, client, django_assert_max_num_queries):
        sale = make_sale(places=2)
        issue.invoice(payment_id=sale.pk, now=NOW)
        issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)
        token = Booking.objects.get().token

        with django_assert_max_num_queries(4):
            response = client.get(f"/api/v1/bookings/{token}/documents/")

        invoice, note = response.json()["results"]
        assert invoice == {
            "number": "INV-2026-00001",
            "kind": "invoice",
            "issued_at": "2026-11-23T12:00:00Z",
            "tax_point": "2026-11-23",
            "net": {"amount": 16000, "currency": "GBP"},
            "vat": {"amount": 3200, "currency": "GBP"},
            "total": {"amount": 19200, "currency": "GBP"},
            "refers_to": None,
            "pdf": f"http://testserver/bookings/{token}/documents/INV-2026-00001.pdf",
        }
        assert (note["kind"], note["refers_to"]) == ("credit_note", "INV-2026-00001")

    def test_is_empty_before_the_money(self, client):
        make_sale()

        response = client.get(f"/api/v1/bookings/{Booking.objects.get().token}/documents/")

        assert response.json() == {"results": []}

    def test_is_a_problem_for_an_unknown_link(self, client):
        response = client.get(f"/api/v1/bookings/{'x' * 32}/documents/")

        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "booking_not_found"
