"""The VAT summary, as the accountant's list has it."""

from core import formats
from core.backoffice import reports
from core.backoffice.reports import MONEY, SHARE, TEXT, Column, Period, Report, Row
from invoicing.services import accounts


def vat(period: Period) -> list[Row]:
    return [
        (each.month, each.vat_rate_bp, each.invoices, each.credit_notes,
         each.net_minor, each.vat_minor, each.gross_minor)
        for each in accounts.vat(since=period.since, until=period.until)
    ]  # fmt: skip


def _found(rows: list[Row]) -> str:
    net, tax = sum(row[4] for row in rows), sum(row[5] for row in rows)
    return f"{formats.money(tax)} VAT on {formats.money(net)} of sales."


reports.add(
    50,
    Report(
        name="vat",
        title="VAT summary",
        permission="invoicing.view_document",
        columns=(
            Column("Month", TEXT), Column("VAT rate", SHARE), Column("Invoices"),
            Column("Credit notes"), Column("Net", MONEY), Column("VAT", MONEY), Column("Total", MONEY),
        ),
        rows=vat,
        finding=_found,
        counted="Every invoice less every credit note, by its tax point and VAT rate. It says what was "
        "issued, so it can differ from the money of the same month.",
        charted=5,
        nothing="No invoice was issued in this period.",
    ),
)  # fmt: skip
