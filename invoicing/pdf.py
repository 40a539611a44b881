"""A page of plain data as a PDF: A4, tagged for screen readers, the same bytes for the same data.

All values go to typst as one JSON input and are never read as markup. Fonts are the folder's own. A letter that no
font has costs the PDF/UA mark, never the PDF.
"""

import json
import threading
import unicodedata
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import typst

PAPER = Path(__file__).with_name("paper")
WORD_LENGTH_MAX = 16
TEXT_LENGTH_MAX = 400
JOINERS = "\u200c\u200d"  # emoji and some scripts are spelt with them

_compiling = threading.Lock()


def render(page: dict[str, Any], *, on: date) -> bytes:
    """The page of `paper/document.typ`, dated `on`. Raises typst.TypstError, which no customer's value can cause."""
    date_of_page = {"date": {"year": on.year, "month": on.month, "day": on.day}}
    data = json.dumps(_printable_all(page) | date_of_page, sort_keys=True)
    try:
        return _compile(data, on=on, standards=["ua-1"])
    except typst.TypstError as refused:
        # PDF/UA forbids letters that no font can draw; a plain tagged PDF shows a box for them.
        if not refused.message.startswith("PDF/UA-1 error"):
            raise
        return _compile(data, on=on, standards=[])


def printable(text: str) -> str:
    """What a page can hold: no control characters, nothing endless, and words that break at the column's edge."""
    words = unicodedata.normalize("NFC", "".join(map(_kept, text)))[:TEXT_LENGTH_MAX].split()
    return " ".join(_breakable(word) for word in words)


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Co", "Zl", "Zp"):
        return " "
    # Marks that turn the direction of writing could make a page say something else than its data.
    return "" if category == "Cf" and character not in JOINERS else character


def _printable_all(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: _printable_all(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_printable_all(each) for each in value]
    return value


def _breakable(word: str) -> str:
    pieces = [word[i : i + WORD_LENGTH_MAX] for i in range(0, len(word), WORD_LENGTH_MAX)]
    return "\u200b".join(pieces) if len(word) > 2 * WORD_LENGTH_MAX else word


def _compile(data: str, *, on: date, standards: list[Any]) -> bytes:
    # One compiler for the process keeps its fonts and its cache; nothing says that threads may share it.
    with _compiling:
        made = _compiler().compile(
            format="pdf",
            sys_inputs={"document": data},
            pdf_standards=standards,
            timestamp=datetime.combine(on, time(), tzinfo=UTC),
        )
    assert isinstance(made, bytes)
    return made


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        input=str(PAPER / "document.typ"),
        root=str(PAPER),
        font_paths=[str(PAPER / "fonts")],
        ignore_system_fonts=True,
    )
