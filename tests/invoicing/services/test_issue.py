"""What a sale and a refund leave on paper: once, to the penny, copied in."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.crashpoints import Crashed
from core.outbox.models import Message
from courses.models import Booking, Customer
from invoicing.models import Counter, Document, Kind
from invoicing.services import issue
from invoicing.tax import CreditExceedsInvoice
from payments.models import Payment
from tests.courses.make import NOW
from tests.invoicing.builders import make_refund, make_sale

pytestmark = pytest.mark.django_db


class TestInvoice:
    def test_copies_in_seller_buyer_and_lines(self):
        sale = make_sale(places=2)

        invoice = issue.invoice(payment_id=sale.pk, now=NOW)

        kept = Document.objects.get()
        assert kept == invoice
        assert kept.label == "INV-2026-00001"
        assert kept.kind == Kind.INVOICE
        assert (kept.net_minor, kept.vat_minor, kept.gross_minor) == (16000, 3200, 19200)
        assert kept.seller["name"] == "React Fast Training Ltd"
        assert kept.private == {
            "buyer": [
                "Example Joinery Ltd",
                "Anna Kowalska",
                "14 Mill Lane",
                "Huddersfield",
                "HD1 2AB",
            ],
            "email": "anna@example.com",
            "purchase_order": "PO-20417",
            "method": "Visa ending 4242",
        }
        assert kept.lines == [
            {
                "description": "Emergency First Aid at Work",
                "detail": "Tuesday 15 December 2026, Leeds training room, Leeds",
                "quantity": 2,
                "unit_gross_minor": 9600,
                "net_minor": 16000,
                "vat_rate_bp": 2000,
                "vat_minor": 3200,
                "gross_minor": 19200,
            }
        ]

    def test_agrees_with_the_price_that_was_shown(self):
        sale = make_sale(places=3)
        shown = Booking.objects.get(pk=sale.booking_id).lines

        invoice = issue.invoice(payment_id=sale.pk, now=NOW)

        for line, was in zip(invoice.lines, shown, strict=True):
            assert {name: line[name] for name in was} == was

    def test_is_issued_once(self):
        sale = make_sale()

        first, again = (issue.invoice(payment_id=sale.pk, now=NOW) for _ in range(2))

        assert first == again
        assert Counter.objects.get().last_number == 1
        assert Message.objects.filter(name="invoicing.document_issued").count() == 1

    def test_takes_its_tax_point_from_the_capture_and_its_year_from_the_issue(self):
        captured = datetime(2026, 12, 31, 23, 59, 50, tzinfo=UTC)
        sale = make_sale(places=1, session=late_session(), at=captured)

        invoice = issue.invoice(payment_id=sale.pk, now=captured + timedelta(seconds=12))

        assert invoice.label == "INV-2027-00001"
        assert invoice.tax_point == date(2026, 12, 31)

    def test_does_not_change_with_the_customer_the_booking_or_the_settings(self):
        sale = make_sale()
        invoice = issue.invoice(payment_id=sale.pk, now=NOW)

        customer = Customer.objects.get()
        customer.name = "Somebody Else"
        customer.save()
        Booking.objects.update(lines=[])
        with override_settings(SELLER_NAME="Another Ltd"):
            kept = Document.objects.get()

        assert kept.facts() == invoice.facts()
        assert issue.content_hash(kept) == kept.content_hash

    def test_refuses_a_capture_that_is_not_the_total(self):
        sale = make_sale()
        Payment.objects.update(amount_minor=19100, captured_minor=19100)

        with pytest.raises(issue.TotalDiffers):
            issue.invoice(payment_id=sale.pk, now=NOW)

        assert not Document.objects.exists()
        assert not Counter.objects.exists()

    def test_burns_no_number_when_it_dies_after_taking_one(self, monkeypatch, tmp_path):
        sale = make_sale()
        monkeypatch.setenv("CRASH_POINTS", "CP13:raise")
        monkeypatch.setenv("CRASH_DIR", str(tmp_path))

        with pytest.raises(Crashed):
            issue.invoice(payment_id=sale.pk, now=NOW)

        assert not Counter.objects.exists()
        assert issue.invoice(payment_id=sale.pk, now=NOW).label == "INV-2026-00001"

    def test_keeps_what_is_personal_sealed(self):
        issue.invoice(payment_id=make_sale().pk, now=NOW)

        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(d)::text FROM invoicing_document d")
            row = cursor.fetchone()[0]
        for personal in ("Kowalska", "Joinery", "Mill Lane", "HD1 2AB", "anna@", "4242"):
            assert personal not in row
            assert personal.encode().hex() not in row


class TestCreditNote:
    def test_refers_to_its_invoice_and_gives_the_whole_back(self):
        sale = make_sale(places=2)
        invoice = issue.invoice(payment_id=sale.pk, now=NOW)

        note = issue.credit_note(refund_id=make_refund(sale, amount_minor=19200).pk, now=NOW)

        assert note.label == "CN-2026-00001"
        assert note.refers_to == invoice
        assert (note.net_minor, note.vat_minor, note.gross_minor) == (16000, 3200, 19200)
        assert note.lines[0]["quantity"] == 2
        assert note.private == invoice.private

    def test_gives_a_part_back_with_its_vat(self):
        sale = make_sale(places=2)
        issue.invoice(payment_id=sale.pk, now=NOW)

        note = issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)

        assert (note.net_minor, note.vat_minor, note.gross_minor) == (8000, 1600, 9600)
        assert note.lines[0]["quantity"] is None
        assert note.lines[0]["detail"].startswith("Part of Tuesday 15 December 2026")

    def test_is_issued_once(self):
        sale = make_sale()
        issue.invoice(payment_id=sale.pk, now=NOW)
        refund = make_refund(sale, amount_minor=500)

        first, again = (issue.credit_note(refund_id=refund.pk, now=NOW) for _ in range(2))

        assert first == again
        assert Document.objects.credit_notes().count() == 1

    def test_waits_for_its_invoice(self):
        refund = make_refund(make_sale(), amount_minor=500)

        with pytest.raises(issue.NotYet):
            issue.credit_note(refund_id=refund.pk, now=NOW)

        assert not Document.objects.exists()
        assert not Counter.objects.exists()

    def test_needs_no_second_paper_when_returned_money_is_sent_again(self):
        sale = make_sale(places=1)
        issue.invoice(payment_id=sale.pk, now=NOW)
        returned = make_refund(sale, amount_minor=5000)
        note = issue.credit_note(refund_id=returned.pk, now=NOW)
        come_back(returned, sale)

        sent_again = make_refund(sale, amount_minor=5000, retry_of=returned)
        again = issue.credit_note(refund_id=sent_again.pk, now=NOW)
        rest = issue.credit_note(refund_id=make_refund(sale, amount_minor=4600).pk, now=NOW)

        assert again == note
        assert (rest.label, rest.gross_minor) == ("CN-2026-00002", 4600)

    def test_gives_another_refund_its_own_paper_after_one_that_was_returned(self):
        sale = make_sale(places=1)
        issue.invoice(payment_id=sale.pk, now=NOW)
        returned = make_refund(sale, amount_minor=5000)
        issue.credit_note(refund_id=returned.pk, now=NOW)
        come_back(returned, sale)

        another = issue.credit_note(refund_id=make_refund(sale, amount_minor=2000).pk, now=NOW)

        assert (another.label, another.gross_minor) == ("CN-2026-00002", 2000)

    def test_credits_what_is_left_when_returned_money_is_sent_anew(self):
        sale = make_sale(places=1)
        issue.invoice(payment_id=sale.pk, now=NOW)
        returned = make_refund(sale, amount_minor=5000)
        issue.credit_note(refund_id=returned.pk, now=NOW)
        come_back(returned, sale)

        whole = issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)

        assert whole.gross_minor == 4600

    def test_credits_no_more_than_went_out_when_another_amount_is_sent_anew(self):
        sale = make_sale(places=1)
        issue.invoice(payment_id=sale.pk, now=NOW)
        returned = make_refund(sale, amount_minor=5000)
        issue.credit_note(refund_id=returned.pk, now=NOW)
        come_back(returned, sale)

        more = issue.credit_note(refund_id=make_refund(sale, amount_minor=7000).pk, now=NOW)
        rest = issue.credit_note(refund_id=make_refund(sale, amount_minor=2600).pk, now=NOW)

        assert (more.gross_minor, rest.gross_minor) == (2000, 2600)

    def test_does_not_count_a_paper_whose_money_was_sent_again(self):
        sale = make_sale(places=1)
        issue.invoice(payment_id=sale.pk, now=NOW)
        first, second = (make_refund(sale, amount_minor=each) for each in (6000, 2000))
        for each in (first, second):
            issue.credit_note(refund_id=each.pk, now=NOW)
            come_back(each, sale)
        make_refund(sale, amount_minor=6000, retry_of=first)

        another = issue.credit_note(refund_id=make_refund(sale, amount_minor=3000).pk, now=NOW)

        assert another.gross_minor == 1000

    def test_leaves_their_papers_to_those_that_may_be_sent_again(self):
        sale = make_sale(places=1)
        issue.invoice(payment_id=sale.pk, now=NOW)
        returned = [make_refund(sale, amount_minor=each) for each in (1000, 3000)]
        for each in returned:
            issue.credit_note(refund_id=each.pk, now=NOW)
            come_back(each, sale)

        another = issue.credit_note(refund_id=make_refund(sale, amount_minor=6000).pk, now=NOW)

        assert another.gross_minor == 5600

    def test_needs_none_for_money_that_came_back_before_it_was_made(self):
        sale = make_sale(places=1)
        issue.invoice(payment_id=sale.pk, now=NOW)
        returned = make_refund(sale, amount_minor=5000)
        come_back(returned, sale)

        assert issue.credit_note(refund_id=returned.pk, now=NOW) is None
        assert not Document.objects.credit_notes().exists()

    def test_refuses_more_than_is_left_of_the_invoice(self):
        sale = make_sale(places=1)
        issue.invoice(payment_id=sale.pk, now=NOW)
        refund = make_refund(sale, amount_minor=9600)
        type(refund).objects.filter(pk=refund.pk).update(amount_minor=9601)

        with pytest.raises(CreditExceedsInvoice):
            issue.credit_note(refund_id=refund.pk, now=NOW)

        assert not Document.objects.credit_notes().exists()


class TestCreditNotesTogether(TestCase):
    @settings(max_examples=12, deadline=None)
    @given(cuts=st.lists(st.integers(1, 28799), max_size=4, unique=True))
    def test_parts_sum_to_the_invoice(self, cuts):
        sale = make_sale(places=3)
        invoice = issue.invoice(payment_id=sale.pk, now=NOW)
        edges = [0, *sorted(cuts), 28800]

        for start, end in itertools.pairwise(edges):
            refund = make_refund(sale, amount_minor=end - start)
            issue.credit_note(refund_id=refund.pk, now=NOW)

        notes = Document.objects.filter(refers_to=invoice)
        for name in ("net_minor", "vat_minor", "gross_minor"):
            assert sum(getattr(note, name) for note in notes) == getattr(invoice, name)


def come_back(refund, sale):
    """The bank returned the money."""
    refund.fail(code="expired_or_canceled_card", now=NOW)
    Payment.objects.update(refunded_minor=0)
    sale.refresh_from_db()


def late_session():
    from tests.courses.make import make_session

    return make_session(on=date(2027, 2, 2))
