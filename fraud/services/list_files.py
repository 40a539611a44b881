"""The lists as a spreadsheet: out without anything personal or executable, in by the same rules as by hand."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from django.db import transaction

from core import formats
from core.errors import Invalid, Refusal
from fraud import list_values
from fraud.models import BlacklistEntry
from fraud.models.blacklist import Effect, ListKind
from fraud.services import lists

COLUMNS = ("kind", "value", "effect", "reason", "until", "key")
NEEDED = COLUMNS[:4]
MORE_COLUMNS = ("by", "since", "hits")
ROWS_MAX, BYTES_MAX = 1000, 512 * 1024
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
UNTIL_NOTHING = ("", "-", "never")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one row of a file; `line` is the row's number in the file."""

    line: int
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Imported:
    """`added` were written, unless `written` is False: then nothing was."""

    added: int
    problems: tuple[Problem, ...]
    written: bool


def export_csv(entries: Iterable[BlacklistEntry]) -> str:
    """One row for each. What is personal goes as it is shown, with its keyed digest under `key`, by which the
    same installation takes it in again."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*COLUMNS, *MORE_COLUMNS])
    for entry in entries:
        writer.writerow([_safe(each) for each in _cells(entry)])
    return "\ufeff" + out.getvalue()


def import_csv(
    *, content: bytes, keep_good: bool, actor: str, now: datetime, own_address: str = ""
) -> Imported:
    """All rows or none; with `keep_good`, those that are right. Raises Invalid when it is no such file."""
    rows = _rows(content)
    problems: list[Problem] = []
    added = 0
    with transaction.atomic():
        for line, row in rows:
            try:
                with transaction.atomic():
                    _add(row, actor=actor, now=now, own_address=own_address)
                added += 1
            except Refusal as refusal:
                problems.append(Problem(line, row.get("value", "")[:80], words_of(refusal)))
        written = bool(added) and (keep_good or not problems)
        if not written:
            transaction.set_rollback(True)
    return Imported(added, tuple(problems), written)


def words_of(refusal: Refusal) -> str:
    return " ".join(words for each in refusal.fields.values() for words in each) or refusal.detail


def _cells(entry: BlacklistEntry) -> list[str]:
    day = list_values.last_day(entry.until)
    return [
        entry.kind,
        entry.shown,
        entry.effect,
        entry.reason,
        day.isoformat() if day else "never",
        "" if entry.kind in ("email_domain", "connection") else f"{entry.digest}{entry.exact}",
        entry.author,
        formats.local_date(entry.since).isoformat(),
        str(entry.hits),
    ]


def _safe(text: str) -> str:
    """Text that a spreadsheet would run as a formula is made plain text (CWE-1236)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _plain(text: str) -> str:
    text = text.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def _rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    if len(content) > BYTES_MAX:
        raise _not_a_file(f"The file is larger than {BYTES_MAX // 1024} KB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_a_file("Save the file as CSV in UTF-8.") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [each.strip().casefold() for each in next(reader, [])]
        missing = [each for each in NEEDED if each not in header]
        if missing:
            raise _not_a_file(f"The first line lacks {_in_words(missing)}.")
        lines = [(reader.line_num, cells) for cells in islice(reader, ROWS_MAX + 1) if any(cells)]
    except csv.Error:
        raise _not_a_file("This is not a CSV file.") from None
    if not lines:
        raise _not_a_file("The file has no rows.")
    if len(lines) > ROWS_MAX:
        raise _not_a_file(f"Import at most {ROWS_MAX:,} rows at a time.")
    return [(line, dict(zip(header, map(_plain, cells), strict=False))) for line, cells in lines]


def _in_words(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _not_a_file(words: str) -> Invalid:
    return Invalid(fields={"file": [words]})


def _add(row: dict[str, str], *, actor: str, now: datetime, own_address: str) -> None:
    kind, effect = _named(row["kind"], ListKind), _named(row.get("effect", ""), Effect)
    lists.add(
        kind=kind,
        value=row.get("value", ""),
        key=row.get("key", ""),
        effect=effect,
        reason=row.get("reason", ""),
        until=_until(row, now),
        actor=actor,
        now=now,
        own_address=own_address,
    )


def _named(text: str, choices: type[ListKind] | type[Effect]) -> str:
    """By its code or by the word that the screen shows."""
    wanted = text.strip().casefold()
    found = (code for code, label in choices.choices if wanted in (code, label.casefold()))
    return next(found, text)


def _until(row: dict[str, str], now: datetime) -> datetime | None:
    """A file without the column gets the default; an empty cell or "never" has no end."""
    if "until" not in row:
        return lists.default_end(now)
    text = row["until"].strip().casefold()
    if text in UNTIL_NOTHING:
        return None
    try:
        return list_values.end_of(date.fromisoformat(text))
    except ValueError:
        raise Invalid(fields={"until": ["Write the day as 2027-02-21."]}) from None
