"""Anybody's history from a file of comma-separated values: plain columns, read once, in time order.

A column that is not there, and an empty cell, are missing values. Keys may be anything: real mailboxes
and addresses are normalised as at checkout, hashes and numbers are taken as they are.
"""

import csv
import gzip
import io
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from fraud import subject as subjects
from fraud.subject import CardFacts, Subject

TEXT = (
    "currency", "customer", "card", "email", "device", "address", "card_country",
    "billing_country", "billing_region", "course", "outcome",
)  # fmt: skip
NEEDED = ("at", "amount_minor")
MISSING = frozenset({"", "nan", "NaN", "None", "null", "NULL", "NA"})
PAID, DECLINED, BLOCKED = "succeeded", "declined", "blocked"
OUTCOMES = {
    "": PAID, "paid": PAID, "succeeded": PAID, "approved": PAID, "authorized": PAID,
    "declined": DECLINED, "failed": DECLINED, "refused": DECLINED, "blocked": BLOCKED,
}  # fmt: skip
DAY = 86_400
CACHED = 200_000


class BadHistory(ValueError):
    """The file cannot be read as a history; the message says where and why."""


@dataclass
class History:
    """Columns of equal length, in time order. A label is 1, 0 or None for not known."""

    at: list[float] = field(default_factory=list)
    amount_minor: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    label: list[int | None] = field(default_factory=list)
    label_at: list[float] = field(default_factory=list)
    text: dict[str, list[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at)

    def cell(self, name: str, row: int) -> str:
        column = self.text.get(name)
        return column[row] if column else ""

    def subject(self, row: int) -> Subject:
        """The payment as the signals see it."""
        cell = self.cell
        card, country = cell("card", row), cell("card_country", row)
        return Subject(
            payment_id="",
            stage="after",
            amount_minor=self.amount_minor[row],
            currency=cell("currency", row) or "GBP",
            places=self.places[row],
            course=cell("course", row),
            starts_at=None,
            now=EPOCH,
            email=cell("email", row),
            address=cell("address", row),
            device=cell("device", row),
            card=CardFacts(fingerprint=card, country=country) if card or country else None,
            billing_country=cell("billing_country", row),
            billing_region=cell("billing_region", row),
            customer_id=cell("customer", row),
        )

    def keys(self, row: int, subject: Subject) -> dict[str, str]:
        """The keys of the payment, by kind; without the digest, which only the database needs."""
        cell, found = self.cell, {}
        email, address = cell("email", row), cell("address", row)
        if email:
            found["email"], domain = _mailbox(email)
            if domain:
                found["domain"] = domain
        if address:
            found["address"], network = _connection(address)
            if network:
                found["network"] = network
        for kind in ("customer", "card", "device", "course"):
            if key := cell(kind, row):
                found[kind] = key
        if region := f"{cell('billing_country', row)} {cell('billing_region', row)}".strip():
            found["region"] = region
        if buyer := subjects.buyer_of(subject, found.get("email", "")):
            found["buyer"] = buyer
        segment = subjects.segment_of(self.places[row])
        found["segment"] = f"{cell('currency', row) or 'GBP'} {segment}"
        found["site"] = "site"
        return found


EPOCH = datetime.fromtimestamp(0, UTC)


def read(path: Path, *, label_delay_days: float) -> History:
    """The whole file in time order; raises BadHistory with the line and the reason."""
    try:
        with _opened(path) as stream:
            return _in_order(_rows(stream, label_delay_days * DAY))
    except (EOFError, zlib.error) as error:
        raise BadHistory(f"{path.name} is no whole gzip file: {error}") from None
    except UnicodeDecodeError:
        raise BadHistory(f"{path.name} is no text in UTF-8.") from None
    except csv.Error as error:
        raise BadHistory(f"{path.name} is no CSV: {error}") from None


def _rows(stream: io.TextIOBase, delay: float) -> History:
    history = History()
    rows = csv.reader(stream)
    header = [name.strip() for name in next(rows, [])]
    if missing := [name for name in NEEDED if name not in header]:
        raise BadHistory(f"The file has no column {' and no column '.join(missing)}.")
    for number, row in enumerate(rows, start=2):
        try:
            _add(history, header, row, delay)
        except (ValueError, IndexError) as error:
            raise BadHistory(f"Line {number} cannot be read: {error}") from None
    return history


def moment(text: str) -> float:
    """Seconds from ISO 8601 (without a zone it is UTC) or from a number."""
    try:
        return float(text)
    except ValueError:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _opened(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


_known: dict[str, str] = {}


def _add(history: History, header: list[str], row: list[str], delay: float) -> None:
    cells = {name: "" if cell in MISSING else cell for name, cell in zip(header, row, strict=True)}
    at = moment(cells["at"])
    history.at.append(at)
    history.amount_minor.append(round(float(cells["amount_minor"] or 0)))
    history.places.append(int(float(cells.get("places") or 0)))
    label = cells.get("label", "")
    history.label.append(int(float(label)) if label else None)
    label_at = cells.get("label_at", "")
    history.label_at.append(moment(label_at) if label_at else at + delay)
    for name in TEXT:
        if name in cells:
            cell = cells[name].strip()
            history.text.setdefault(name, []).append(_known.setdefault(cell, cell))


def _in_order(history: History) -> History:
    """Sorted by time; what happened at one moment keeps the file's order."""
    at = history.at
    if all(one <= other for one, other in pairwise(at)):
        return history
    order = sorted(range(len(at)), key=at.__getitem__)
    return History(
        at=[at[row] for row in order],
        amount_minor=[history.amount_minor[row] for row in order],
        places=[history.places[row] for row in order],
        label=[history.label[row] for row in order],
        label_at=[history.label_at[row] for row in order],
        text={name: [column[row] for row in order] for name, column in history.text.items()},
    )


@lru_cache(CACHED)
def _mailbox(email: str) -> tuple[str, str]:
    normal = subjects.normal_email(email)
    return normal or email, normal.rpartition("@")[2]


@lru_cache(CACHED)
def _connection(address: str) -> tuple[str, str]:
    return subjects.normal_address(address) or address, subjects.network_of(address)
