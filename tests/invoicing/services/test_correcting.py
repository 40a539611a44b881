"""Correcting an invoice: a credit note for all of it, a new invoice, no money, and the sums stay what they were."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core.audit import selectors as audit
from core.errors import Invalid
from core.mail.models import Message
from courses import browser
from courses.models.booking import Booking, browser_digest
from invoicing import emails, selectors
from invoicing.models import Document
from invoicing.services import correcting, crediting, files, issue
from invoicing.services.correcting import Buyer
from invoicing.services.layout import page
from payments.models import Payment
from tests.core.backoffice import staff
from tests.courses.make import NOW
from tests.invoicing.builders import make_refund, make_sale
from tests.outbox_tools import drain_outbox

pytestmark = pytest.mark.django_db

BUYER = Buyer(
    name="Accounts", company="Right Ltd", address="1 New Road\nLeeds", postcode="LS1 1AA",
    vat_number="gb 123 456 789", purchase_order="PO-7",
)  # fmt: skip
COOKIE = "b" * 32


@pytest.fixture
def sale():
    return make_sale(places=3)


@pytest.fixture
def invoice(sale):
    return issue.invoice(payment_id=sale.pk, now=NOW)


def correct(invoice, buyer=BUYER, actor="staff:1", reason="wrong company"):
    return correcting.correct(
        document_id=invoice.pk, buyer=buyer, reason=reason, actor=actor, now=NOW
    )


def labels():
    return list(Document.objects.order_by("issued_at", "id").values_list("label", flat=True))


def sums():
    """What all papers of the shop come to."""
    totals = selectors.totals(Document.objects.all())
    return totals.net_minor, totals.vat_minor, totals.gross_minor


class TestCorrect:
    def test_credits_it_in_full_and_issues_a_new_one(self, sale, invoice):
        before = sums()

        new = correct(invoice)

        note = invoice.credit_notes.get()
        assert labels() == ["INV-2026-00001", "CN-2026-00001", "INV-2026-00002"]
        assert (note.gross_minor, note.vat_minor) == (invoice.gross_minor, invoice.vat_minor)
        assert (note.refund_id, note.is_correction) == (None, True)
        assert (new.lines, new.replaces, new.tax_point) == (
            invoice.lines,
            invoice,
            invoice.tax_point,
        )
        assert new.private["buyer"] == [
            "Right Ltd", "Accounts", "1 New Road", "Leeds", "LS1 1AA", "VAT number GB123456789",
        ]  # fmt: skip
        assert sums() == before
        sale.refresh_from_db()
        assert sale.refunded_minor == 0

    def test_leaves_the_old_one_as_it_was(self, invoice):
        correct(invoice)

        kept = Document.objects.get(pk=invoice.pk)
        assert kept.private["buyer"][0] == "Example Joinery Ltd"
        assert issue.content_hash(kept) == kept.content_hash == invoice.content_hash
        for each in Document.objects.all():
            assert issue.content_hash(each) == each.content_hash

    def test_keeps_what_refunds_took_back_and_what_they_will(self, sale, invoice):
        first = issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)
        before = sums()

        new = correct(invoice)

        again = new.credit_notes.get()
        assert sums() == before
        assert (again.replaces, again.refund_id, again.lines) == (
            first,
            first.refund_id,
            first.lines,
        )
        assert sum(each.gross_minor for each in invoice.credit_notes.all()) == invoice.gross_minor
        assert sum(each.vat_minor for each in invoice.credit_notes.all()) == invoice.vat_minor
        assert crediting.decide(payment_id=sale.pk, amount_minor=19_200) == [[0, 19_200, 3_200]]
        later = issue.credit_note(refund_id=make_refund(sale, amount_minor=19_200).pk, now=NOW)
        assert later.refers_to == new
        assert sum(each.vat_minor for each in new.credit_notes.all()) == new.vat_minor

    def test_a_refund_promised_before_is_credited_on_the_new_one(self, sale, invoice):
        refund = make_refund(sale, amount_minor=9600)
        refund.__class__.objects.filter(pk=refund.pk).update(credit_lines=[[0, 9600, 1600]])
        new = correct(invoice)

        note = issue.credit_note(refund_id=refund.pk, now=NOW)

        assert (note.refers_to, note.vat_minor) == (new, 1600)

    def test_can_be_corrected_again_but_only_the_newest(self, invoice):
        new = correct(invoice)

        with pytest.raises(correcting.CorrectedAlready):
            correct(invoice, Buyer(name="Third"))
        third = correct(new, Buyer(name="Third"))

        assert third.replaces == new
        assert selectors.invoice_of(invoice.booking_id) == third

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": " "}, "name"),
            ({"vat_number": "12"}, "vat_number"),
            ({"company": "x" * 121}, "company"),
            ({"company": "two\nlines"}, "company"),
            ({"postcode": "\x07"}, "postcode"),
        ],
    )
    def test_refuses_what_no_paper_can_say(self, invoice, changes, field):
        with pytest.raises(Invalid) as refusal:
            correct(invoice, Buyer(**{"name": "A", **changes}))

        assert set(refusal.value.fields) == {field}
        assert labels() == ["INV-2026-00001"]

    def test_refuses_without_a_reason_without_a_change_and_once_nothing_is_left(
        self, sale, invoice
    ):
        with pytest.raises(Invalid):
            correct(invoice, reason=" ")
        with pytest.raises(correcting.NothingDifferent):
            correct(invoice, correcting.buyer_of(invoice))
        note = issue.credit_note(
            refund_id=make_refund(sale, amount_minor=sale.captured_minor).pk, now=NOW
        )
        with pytest.raises(correcting.CreditedInFull):
            correct(invoice)
        with pytest.raises(correcting.NotAnInvoice):
            correct(note)

        assert len(labels()) == 2

    def test_is_written_down_without_the_words(self, invoice):
        new = correct(invoice)

        [entry] = audit.history(f"invoicing.document:{invoice.pk}")
        assert (entry.actor, entry.reason) == ("staff:1", "wrong company")
        assert entry.after["invoice"] == new.label
        assert "Right Ltd" not in str(entry.after)

    def test_papers_say_that_no_money_moves(self, invoice):
        new = correct(invoice)
        note = invoice.credit_notes.get()

        assert page(note)["settled"][-1] == "No money moves."
        assert {"name": "Replaces", "value": f"Invoice {invoice.label}"} in page(new)["facts"]
        assert files.pdf(document_id=note.pk, now=NOW).startswith(b"%PDF")

    def test_both_are_mailed_with_words_of_their_own(self, invoice):
        emails.send(document_id=invoice.pk, now=NOW)
        correct(invoice)
        drain_outbox()

        words = {each.subject: each.text for each in Message.objects.filter(kind__startswith="inv")}
        assert "No money moves" in words["Credit note CN-2026-00001"]
        assert "on its way back" not in words["Credit note CN-2026-00001"]
        assert "takes its place" in words["Invoice INV-2026-00002"]

    def test_the_database_lets_nothing_else_replace(self, sale, invoice):
        copy = Document.objects.get(pk=invoice.pk)
        copy.pk, copy.replaces, copy._state.adding = make_sale().pk, invoice, True
        copy.number, copy.label = 99, "INV-2026-00099"

        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)


class TestCustomer:
    @pytest.fixture
    def address(self, invoice):
        Booking.objects.filter(pk=invoice.booking_id).update(browser=browser_digest(COOKIE))
        token = Booking.objects.get(pk=invoice.booking_id).token
        return f"/bookings/{token}/invoice-details/"

    FORM = {"name": "Accounts", "company": "Right Ltd", "address": "", "postcode": "", "vat_number": "", "purchase_order": ""}  # fmt: skip

    def test_changes_it_in_the_browser_that_booked(self, client, invoice, address):
        client.cookies[browser.COOKIE] = COOKIE

        shown = client.get(address).content.decode()
        answer = client.post(address, self.FORM)

        assert "Example Joinery Ltd" in shown
        assert "What you paid stays where it is" in shown
        assert answer.status_code == 302
        assert selectors.invoice_of(invoice.booking_id).buyer == ["Right Ltd", "Accounts"]

    def test_keeps_what_was_typed(self, client, invoice, address):
        client.cookies[browser.COOKIE] = COOKIE

        answer = client.post(address, self.FORM | {"vat_number": "1", "company": "Typed & Sons"})

        assert answer.status_code == 422
        assert "Enter a VAT number like GB123456789" in answer.content.decode()
        assert "Typed &amp; Sons" in answer.content.decode()
        assert len(labels()) == 1

    def test_may_not_with_the_link_alone(self, client, invoice, address):
        page = client.get(address).content.decode()

        assert "in the browser that you booked in" in page
        assert "Example Joinery" not in page
        assert client.post(address, self.FORM).status_code == 403
        assert len(labels()) == 1

    def test_a_few_times_then_by_phone(self, client, invoice, address):
        client.cookies[browser.COOKIE] = COOKIE
        for number in range(correcting.BY_CUSTOMER_MAX):
            client.post(address, self.FORM | {"name": f"Name {number}"})

        answer = client.post(address, self.FORM | {"name": "Once more"})

        assert "Call us and we’ll change them" in answer.content.decode()
        assert Document.objects.invoices().count() == 1 + correcting.BY_CUSTOMER_MAX

    def test_finds_the_way_from_the_documents(self, client, invoice, address):
        fragment = client.get(address.replace("invoice-details", "documents")).content.decode()

        assert "Change invoice details" in fragment


class TestStaff:
    def test_correct_in_two_steps(self, client, invoice):
        client.force_login(staff.of_role("office"))
        address = reverse("admin:invoicing_document_correction", args=[invoice.pk])
        form = TestCustomer.FORM | {"reason": "asked by phone"}

        assert "Example Joinery Ltd" in client.get(address).content.decode()
        preview = client.post(address, form).content.decode()
        assert "No money moves" in preview
        assert len(labels()) == 1
        client.post(address, form | {"confirmed": "yes"})
        assert selectors.invoice_of(invoice.booking_id).buyer == ["Right Ltd", "Accounts"]
        assert "takes its place" in client.get(address).content.decode()
        listed = client.get(reverse("admin:invoicing_document_changelist")).content.decode()
        assert "Corrected" in listed
        assert Payment.objects.get(pk=invoice.payment_id).refunded_minor == 0
