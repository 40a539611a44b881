"""What each fact about money is in the ledger. Telling it twice writes it once.

Our own facts (taken, given back) are posted when they become ours; what only the gateway knows (fees, disputes,
payouts, money without a place) is posted from its balance transactions. The two are then compared.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, Sum

from core.money import Money
from payments.models import (
    Account,
    LedgerEntry,
    LedgerMovement,
    LedgerSeal,
    Line,
    MovementKind,
    Payment,
    Refund,
)

_A, _K = Account, MovementKind
# Which account stands against the balance at Stripe, for money that comes in there.
AGAINST = {
    _K.CHARGE: _A.SALES,
    _K.REFUND: _A.SALES,
    _K.REFUND_RETURNED: _A.SALES,
    _K.FEE: _A.FEES,
    _K.DISPUTE: _A.DISPUTES,
    _K.DISPUTE_RETURNED: _A.DISPUTES,
    _K.PAYOUT: _A.BANK,
    _K.PAYOUT_RETURNED: _A.BANK,
    _K.UNPLACED: _A.UNPLACED,
}
# A day is sealed when nothing of it can still be on its way into the database.
ONE_SEALER = 0x5EA1
SEALED_AFTER = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Balance:
    account: str
    title: str
    debit: Money
    credit: Money

    @property
    def net(self) -> Money:
        return self.debit - self.credit


def taken(payment: Payment, *, now: datetime) -> bool:
    """A payment was captured."""
    return moved(
        kind=_K.CHARGE, source=payment.charge_id or "", stripe_minor=payment.captured_minor,
        payment_id=payment.id, at=payment.captured_at or now, now=now,
    )  # fmt: skip


def given_back(refund: Refund, *, at: datetime, now: datetime) -> bool:
    """A refund left our balance."""
    return moved(
        kind=_K.REFUND, source=refund.gateway_id or "", stripe_minor=-refund.amount_minor,
        payment_id=refund.payment_id, at=at, now=now,
    )  # fmt: skip


def came_back(refund: Refund, *, at: datetime, now: datetime) -> bool:
    """A refund that had left came back: the bank could not place it."""
    return moved(
        kind=_K.REFUND_RETURNED, source=refund.gateway_id or "", stripe_minor=refund.amount_minor,
        payment_id=refund.payment_id, at=at, now=now,
    )  # fmt: skip


def moved(
    *, kind: str, source: str, stripe_minor: int, payment_id: UUID | None, at: datetime,
    now: datetime, key: str = "",
) -> bool:  # fmt: skip
    """Our balance at Stripe changed by `stripe_minor` pence; False when that is on record already.

    `key` is for what the gateway alone counts (fees, payouts); else kind and source name the movement.
    """
    return LedgerMovement.post(
        kind=kind, key=key or f"{kind}:{source}", source=source,
        lines=lines_of(kind, stripe_minor), payment_id=payment_id, at=at, now=now,
    )  # fmt: skip


def lines_of(kind: str, stripe_minor: int) -> tuple[Line, Line]:
    """The two entries of a change of our balance at Stripe."""
    against = AGAINST[MovementKind(kind)]
    return Line(_A.STRIPE, stripe_minor), Line(against, -stripe_minor)


def trial_balance(*, since: datetime | None = None, until: datetime | None = None) -> list[Balance]:
    """What each account gained and lost; the nets sum to zero or the ledger is broken."""
    entries = LedgerEntry.objects.all()
    if since is not None:
        entries = entries.filter(movement__at__gte=since)
    if until is not None:
        entries = entries.filter(movement__at__lt=until)
    sums: dict[str, dict[str, int]] = {
        row["account"]: {"debit": row["debit"], "credit": row["credit"]}
        for row in entries.values("account").annotate(
            debit=Sum("amount_minor", filter=Q(amount_minor__gt=0), default=0),
            credit=Sum("amount_minor", filter=Q(amount_minor__lt=0), default=0),
        )
    }
    nothing = {"debit": 0, "credit": 0}
    return [
        Balance(
            account=account.value,
            title=account.label,
            debit=Money(sums.get(account.value, nothing)["debit"]),
            credit=Money(-sums.get(account.value, nothing)["credit"]),
        )
        for account in Account
    ]


def seal_days(*, now: datetime) -> list[LedgerSeal]:
    """Seals each whole London day that is over and not sealed yet, in order; returns the new seals."""
    sealed = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_SEALER])
        last = LedgerSeal.objects.order_by("-day").first()
        day = last.day + timedelta(days=1) if last else _first_day()
        head = last.head if last else ""
        while day is not None and _end_of(day) + SEALED_AFTER <= now:
            movements, head = _sealed(day, head)
            seal = LedgerSeal(day=day, movements=movements, head=head, sealed_at=now)
            seal.save(force_insert=True)
            sealed.append(seal)
            day += timedelta(days=1)
    return sealed


def _sealed(day: date, before: str) -> tuple[int, str]:
    digests = LedgerMovement.objects.filter(
        recorded_at__gte=_end_of(day - timedelta(days=1)), recorded_at__lt=_end_of(day)
    ).order_by("digest")
    chain = hashlib.sha256(before.encode())
    count = 0
    for each in digests.values_list("digest", flat=True).iterator():
        chain.update(each.encode())
        count += 1
    return count, chain.hexdigest()


def _first_day() -> date | None:
    first = LedgerMovement.objects.order_by("recorded_at").first()
    return first.recorded_at.astimezone(_zone()).date() if first else None


def _end_of(day: date) -> datetime:
    tomorrow = day + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=_zone())


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.VENUE_TIME_ZONE)
