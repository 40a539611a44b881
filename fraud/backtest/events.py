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
    "billing_country", "billing_region", "course", "booking", "outcome",
)  # fmt: skip
NEEDED = ("at", "amount_minor")
MISSING = frozenset({"", "nan", "NaN", "None", "null", "NULL", "NA"})
PAID, DECLINED, BLOCKED = "succeeded", "declined", "blocked"
OUTCOMES = {
    "": PAID, "paid": PAID, "succeeded": PAID, "approved": PAID, "authorized": PAID,
    "declined": DECLINED, "failed": DECLINED, "refused": DECLINED, "blocked": BLOCKED,
}  # fmt: skip
DAY = 86_400
CACHED = 50_000


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
        cells = {name: column[row] for name, column in self.text.items()}
        cell = cells.get
        card, country = cell("card", ""), cell("card_country", "")
        return Subject(
            payment_id="",
            stage="after",
            amount_minor=self.amount_minor[row],
            currency=cell("currency") or "GBP",
            places=self.places[row],
            course=cell("course", ""),
            starts_at=None,
            now=EPOCH,
            email=cell("email", ""),
            address=cell("address", ""),
            device=cell("device", ""),
            card=CardFacts(fingerprint=card, country=country) if card or country else None,
            billing_country=cell("billing_country", ""),
            billing_region=cell("billing_region", ""),
            booking_id=cell("booking", ""),
            customer_id=cell("customer", ""),
        )

    def kinds(self) -> frozenset[str]:
        """The kinds of keys that its columns can make."""
        return frozenset({"segment", "site"}).union(
            *(kinds for column, kinds in KINDS_OF.items() if column in self.text)
        )


KINDS_OF = {
    "email": ("email", "domain", "buyer"), "address": ("address", "network"), "customer": ("customer",),
    "card": ("card", "buyer"), "device": ("device",), "course": ("course",), "billing_country": ("region", "buyer"),
    "billing_region": ("region", "buyer"), "booking": (subjects.BOOKING,),
}  # fmt: skip


def keys_of(subject: Subject) -> dict[str, str]:
    """The keys of the payment, by kind; without the digest, which only the database needs."""
    found = {"segment": f"{subject.currency} {subjects.segment_of(subject.places)}", "site": "site"}
    if subject.email:
        found["email"], domain = _mailbox(subject.email)
        if domain:
            found["domain"] = domain
    if subject.address:
        found["address"], network = _connection(subject.address)
        if network:
            found["network"] = network
    if subject.customer_id:
        found["customer"] = subject.customer_id
    if subject.device:
        found["device"] = subject.device
    if subject.course:
        found["course"] = subject.course
    if subject.booking_id:
        found[subjects.BOOKING] = subject.booking_id
    if subject.card and subject.card.fingerprint:
        found["card"] = subject.card.fingerprint
        if buyer := subjects.buyer_of(subject, found.get("email", "")):
            found["buyer"] = buyer
    if subject.billing_country or subject.billing_region:
        found["region"] = f"{subject.billing_country} {subject.billing_region}".strip()
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
    same: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        try:
            _add(history, header, row, delay, same)
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


def _add(
    history: History, header: list[str], row: list[str], delay: float, same: dict[str, str]
) -> None:
    """`same` has each text once, however often it comes."""
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
            history.text.setdefault(name, []).append(same.setdefault(cell, cell))


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
