"""The file of a document: one, the same for ever, and its failure seen by the office."""

import io

import pypdf
import pytest

from invoicing import pdf as paper
from invoicing.models import File, FileFailure
from invoicing.services import files, issue, layout
from tests.courses.make import NOW
from tests.invoicing.builders import make_refund, make_sale

pytestmark = pytest.mark.django_db


class TestPdf:
    def test_says_what_the_invoice_says(self):
        invoice = issue.invoice(payment_id=make_sale(places=2).pk, now=NOW)

        text = text_of(files.pdf(document_id=invoice.pk, now=NOW))

        for expected in (
            "Invoice", "INV-2026-00001", "Example Joinery Ltd", "PO-20417",
            "Monday 23 November 2026", "£160.00", "20%", "£32.00", "£192.00",
            "Paid by Visa ending 4242 on Monday 23 November 2026", "Nothing to pay.",
            "GB 000 0000 00", "company number 00000000",
        ):  # fmt: skip
            assert expected in text, expected

    def test_names_the_invoice_on_a_credit_note(self):
        sale = make_sale(places=2)
        issue.invoice(payment_id=sale.pk, now=NOW)
        note = issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)

        text = text_of(files.pdf(document_id=note.pk, now=NOW))

        for expected in (
            "Credit note", "CN-2026-00001",
            "Credits invoice INV-2026-00001 of Monday 23 November 2026",
            "£96.00 sent back to Visa ending 4242", "Total credit inc. VAT",
        ):  # fmt: skip
            assert expected in text, expected

    def test_is_made_once(self, monkeypatch):
        invoice = issue.invoice(payment_id=make_sale().pk, now=NOW)
        first = files.pdf(document_id=invoice.pk, now=NOW)

        monkeypatch.setattr(paper, "PAPER", None)
        paper._compiler.cache_clear()
        again = files.pdf(document_id=invoice.pk, now=NOW)
        paper._compiler.cache_clear()

        assert again == first
        assert File.objects.count() == 1

    def test_tells_the_office_when_it_can_not_be_made(self, monkeypatch, tmp_path):
        invoice = issue.invoice(payment_id=make_sale().pk, now=NOW)
        broken(monkeypatch, tmp_path)

        for _ in range(2):
            with pytest.raises(files.FileNotMade):
                files.pdf(document_id=invoice.pk, now=NOW)

        failure = FileFailure.objects.get()
        assert (failure.document, failure.attempts) == (invoice, 2)
        assert "panicked" in failure.error
        assert not File.objects.exists()

    def test_forgets_the_failure_once_it_is_made(self, monkeypatch, tmp_path):
        invoice = issue.invoice(payment_id=make_sale().pk, now=NOW)
        with monkeypatch.context() as patched:
            broken(patched, tmp_path)
            with pytest.raises(files.FileNotMade):
                files.pdf(document_id=invoice.pk, now=NOW)
        paper._compiler.cache_clear()

        files.pdf(document_id=invoice.pk, now=NOW)

        assert not FileFailure.objects.exists()


class TestPage:
    def test_is_the_same_bytes_each_time(self):
        invoice = issue.invoice(payment_id=make_sale().pk, now=NOW)
        on = layout.issued_on(invoice)

        assert paper.render(layout.page(invoice), on=on) == paper.render(
            layout.page(invoice), on=on
        )


@pytest.fixture(autouse=True)
def fresh_compiler():
    yield
    paper._compiler.cache_clear()


def broken(monkeypatch, folder):
    """A template that fails, as a wrong deployment might bring one."""
    (folder / "document.typ").write_text('#panic("out of ink")')
    (folder / "fonts").mkdir()
    monkeypatch.setattr(paper, "PAPER", folder)
    paper._compiler.cache_clear()


def text_of(made):
    return "\n".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(made)).pages)
