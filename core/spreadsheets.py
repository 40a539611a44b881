"""Lists as CSV files. Text that a spreadsheet would run as a formula is made plain text (CWE-1236)."""

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
MIME = "text/csv; charset=utf-8"


def written(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Starts with the mark that spreadsheets know UTF-8 by. Cells of typed text go through `safe_cell` first."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows(rows)
    return "\ufeff" + out.getvalue()


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it where it would be taken for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
