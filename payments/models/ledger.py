"""The ledger: every movement of money as entries that sum to zero, written once and never changed.

An amount is whole pence; above zero is a debit, below a credit. Insert-only: a trigger forbids change, the
application's role has no right to it, and a constraint at commit refuses a movement that does not balance.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, models
from django.db.models import Q

from core.ids import uuid7

from .payment import Payment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Account(models.TextChoices):
    STRIPE = "stripe", "Balance at Stripe"
    BANK = "bank", "Bank account"
    SALES = "sales", "Paid by customers"
    FEES = "fees", "Stripe’s fees"
    DISPUTES = "disputes", "Taken back by banks"
    UNPLACED = "unplaced", "Without a place in our books"


class MovementKind(models.TextChoices):
    CHARGE = "charge", "Payment taken"
    REFUND = "refund", "Refund"
    REFUND_RETURNED = "refund_returned", "Refund that came back"
    FEE = "fee", "Stripe’s fee"
    DISPUTE = "dispute", "Taken back by a bank"
    DISPUTE_RETURNED = "dispute_returned", "Given back by a bank"
    PAYOUT = "payout", "Paid out to our bank"
    PAYOUT_RETURNED = "payout_returned", "Payout that came back"
    UNPLACED = "unplaced", "Without a place in our books"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a movement: what an account gains (above zero) or loses."""

    account: str
    amount_minor: int


class LedgerMovement(models.Model):
    """`key` names it for good: the same fact told twice is one movement. `source` is the gateway's own object, the
    one that its balance transaction names too."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=MovementKind)
    key = models.CharField(max_length=280, unique=True)
    source = models.CharField("Stripe’s object", max_length=255, db_index=True)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, related_name="movements"
    )
    currency = models.CharField(max_length=3, default="GBP")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_index=True)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=MovementKind.values), name="payments_ledgermovement_kind"
            ),
            models.CheckConstraint(condition=Q(currency="GBP"), name="payments_ledgermovement_gbp"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.source}"

    @classmethod
    def post(
        cls, *, kind: str, key: str, source: str, lines: Sequence[Line], payment_id: UUID | None,
        at: datetime, now: datetime,
    ) -> bool:  # fmt: skip
        """Writes it with its entries in one statement; False when it is on record already.

        Raises ValueError on lines that do not sum to zero.
        """
        if sum(line.amount_minor for line in lines) or len(lines) < 2:
            raise ValueError(
                f"A movement of {[line.amount_minor for line in lines]} does not balance."
            )
        with connection.cursor() as cursor:
            cursor.execute(
                _POST,
                {
                    "id": uuid7(), "kind": kind, "key": key, "source": source,
                    "payment": payment_id, "currency": "GBP", "at": at, "recorded_at": now,
                    "digest": digest(kind=kind, key=key, source=source, at=at, lines=lines),
                    "entries": [uuid7() for _ in lines],
                    "accounts": [line.account for line in lines],
                    "amounts": [line.amount_minor for line in lines],
                },
            )  # fmt: skip
            return bool(cursor.fetchone()[0])


class LedgerEntry(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    movement = models.ForeignKey(LedgerMovement, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=10, choices=Account)
    amount_minor = models.BigIntegerField("amount")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account__in=Account.values), name="payments_ledgerentry_account"
            ),
            models.CheckConstraint(
                condition=~Q(amount_minor=0), name="payments_ledgerentry_not_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor}"


class LedgerSeal(models.Model):
    """One day's movements under one hash, chained to the day before: nothing is changed or lost unseen."""

    day = models.DateField(primary_key=True)
    movements = models.PositiveIntegerField()
    head = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day}: {self.movements}"


def digest(*, kind: str, key: str, source: str, at: datetime, lines: Sequence[Line]) -> str:
    """What a movement says, as 64 hex digits; the invariant checker computes the same in SQL."""
    moment = (at - _EPOCH) // _MICROSECOND
    said = sorted(f"{line.account}:{line.amount_minor}" for line in lines)
    text = "|".join((kind, key, source, str(moment), "GBP", *said))
    return hashlib.sha256(text.encode()).hexdigest()


_POST = """
WITH movement AS (
    INSERT INTO payments_ledgermovement
        (id, kind, key, source, payment_id, currency, at, recorded_at, digest)
    VALUES (%(id)s, %(kind)s, %(key)s, %(source)s, %(payment)s, %(currency)s, %(at)s,
            %(recorded_at)s, %(digest)s)
    ON CONFLICT (key) DO NOTHING RETURNING id
), entries AS (
    INSERT INTO payments_ledgerentry (id, movement_id, account, amount_minor)
    SELECT given.id, movement.id, given.account, given.amount FROM movement,
        unnest(%(entries)s::uuid[], %(accounts)s::text[], %(amounts)s::bigint[])
            AS given (id, account, amount)
    RETURNING 1
)
SELECT count(*) FROM entries
"""
