"""The page itself, whatever customers are called."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pypdf
import pytest

from invoicing import pdf

ON = date(2026, 11, 24)
HOSTILE = [
    '#panic("no")',
    '#read("/etc/passwd")',
    '#image("http://example.test/x.png")',
    "$ x^2 $ *bold* _it_ `raw` @label <label> // comment",
    '"} #sys.inputs {"',
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% now %}",
    "\\u{41} \\n \\",
    "Anna\r\nBcc: x@example.test",
    "\x00\x07\x1b[31m",
    "\ud83d",
    "A" * 5000,
    "\u202ereversed\u202c \u200b\ufeff",
]


class TestRender:
    def test_says_what_it_was_given(self):
        text = words(pdf.render(page(), on=ON))

        for expected in ("Invoice", "INV-2026-01482", "Example Joinery Ltd", "PO-20417", "£192.00",
                         "Nothing to pay.", "page 1 of 1"):  # fmt: skip
            assert expected in text

    def test_gives_the_same_bytes_for_the_same_page(self):
        assert pdf.render(page(), on=ON) == pdf.render(page(), on=ON)

    def test_is_tagged_named_and_in_english(self):
        reader: Any = pypdf.PdfReader(io.BytesIO(pdf.render(page(), on=ON)))
        root = reader.trailer["/Root"]

        assert root["/MarkInfo"]["/Marked"]
        assert "/StructTreeRoot" in root
        assert root["/Lang"] == "en-GB"
        assert reader.metadata.title == "Invoice INV-2026-01482"
        assert "pdfuaid" in reader.xmp_metadata.rdf_root.toxml()

    def test_is_one_a4_page(self):
        reader = pypdf.PdfReader(io.BytesIO(pdf.render(page(), on=ON)))

        assert len(reader.pages) == 1
        assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]

    def test_goes_over_to_further_pages_and_repeats_the_headings(self):
        made = pdf.render(page(lines=page()["lines"] * 40), on=ON)
        texts = [each.extract_text() for each in pypdf.PdfReader(io.BytesIO(made)).pages]

        assert len(texts) > 1
        assert all("VAT rate" in text for text in texts if "Emergency First Aid" in text)
        assert f"page 2 of {len(texts)}" in texts[1]

    @pytest.mark.parametrize(
        "name", ["王小明", "山田 太郎", "김철수", "Ωμέγα", "Привет", "Zażółć Łódź", "Zoë 😀"]
    )
    def test_draws_names_of_the_world_with_our_own_fonts(self, name):
        made = pdf.render(page(buyer=[name]), on=ON)

        assert name.split()[0] in words(made)
        reader: Any = pypdf.PdfReader(io.BytesIO(made))
        assert "pdfuaid" in reader.xmp_metadata.rdf_root.toxml()

    @pytest.mark.parametrize("name", ["สมชาย", "محمد", "अमित", "\U000e0041\U0010fffd", "𓀀𓂀"])
    def test_makes_the_page_when_no_font_has_the_letter(self, name):
        made = pdf.render(page(buyer=[name, "14 Mill Lane"]), on=ON)

        assert "14 Mill Lane" in words(made)

    @pytest.mark.parametrize("value", HOSTILE)
    def test_takes_every_value_as_text(self, value):
        hostile = page(buyer=[value, value], refers=value)
        hostile["lines"][0]["description"] = value
        hostile["facts"].append({"name": "Purchase order", "value": value})

        text = words(pdf.render(hostile, on=ON))

        assert "INV-2026-01482" in text
        assert "root:" not in text

    def test_survives_many_threads(self):
        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(lambda _: pdf.render(page(), on=ON), range(24)))

        assert len(made) == 1


class TestPrintable:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("Anna\r\nKowalska", "Anna Kowalska"),
            ("\x00a\x1bb", "a b"),
            ("  a   b ", "a b"),
            ("e\u0301", "é"),
            ("\ud83d!", "!"),
            (
                "Donaudampfschifffahrtsgesellschaft",
                "Donaudampfschiff\u200bfahrtsgesellscha\u200bft",
            ),
        ],
    )
    def test_keeps_what_a_page_can_hold(self, text, kept):
        assert pdf.printable(text) == kept


def words(made: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(made))
    return "\n".join(each.extract_text() for each in reader.pages)


def page(**changes):
    line = {
        "description": "Emergency First Aid at Work",
        "detail": "Tuesday 15 December 2026, Harehills Community Hall, Leeds",
        "quantity": "2", "unit": "£96.00", "net": "£160.00", "rate": "20%", "vat": "£32.00",
        "gross": "£192.00",
    }  # fmt: skip
    return {
        "title": "Invoice",
        "number": "INV-2026-01482",
        "trading-name": "React Fast Training",
        "refers": "",
        "seller": {
            "name": "React Fast Training Ltd",
            "contact": ["React Fast Training Ltd", "1 Example Yard", "VAT number GB 000 0000 00"],
            "small-print": "React Fast Training Ltd. Company number 00000000.",
        },
        "buyer": ["Example Joinery Ltd", "Anna Kowalska", "14 Mill Lane", "Huddersfield HD1 2AB"],
        "facts": [
            {"name": "Booking", "value": "RFT-7KQ9TC"},
            {"name": "Purchase order", "value": "PO-20417"},
        ],
        "labels": {"buyer": "Invoice to", "rates": "VAT in this invoice"},
        "headings": ["Description", "Places", "Each inc. VAT", "Net", "VAT rate", "VAT", "Total"],
        "lines": [line],
        "rates": ["20%: VAT £32.00 on £160.00"],
        "totals": [{"name": "Net", "value": "£160.00"}, {"name": "VAT", "value": "£32.00"}],
        "grand": {"name": "Total inc. VAT", "value": "£192.00"},
        "settled": ["Paid by Visa ending 4242 on Tuesday 24 November 2026", "Nothing to pay."],
        "notes": [],
    } | changes  # fmt: skip
