"""Forgetting what payments know of a person beyond the money: notes, evidence, addresses, devices."""

import datetime as dt
from typing import Any

from django.db.models import Model, Q, QuerySet

from core.privacy.erasing import Person
from payments.models import (
    CalledOffBooking,
    CalledOffStatus,
    Difference,
    Dispute,
    DisputeAnswer,
    Payment,
    Refund,
    StrayMoney,
)
from payments.models.states import DISPUTE_OPEN, PAYMENT_OPEN, REFUND_OPEN
from payments.models.stray_money import StrayStatus

LOOSE_ENDS = (CalledOffStatus.WAITING, CalledOffStatus.CHOOSING)
STRAY_ENDED = (StrayStatus.GIVEN_BACK, StrayStatus.MATCHED)


def bars(person: Person, now: dt.datetime) -> list[str]:
    """A sentence for each payment, refund or dispute that still moves."""
    paid = _payments(person).select_related("booking")
    of = {"payment__booking__in": person.bookings}
    called_off = CalledOffBooking.objects.filter(
        booking__in=person.bookings, status__in=LOOSE_ENDS
    ).select_related("booking")
    return [
        *(f"A payment for {each.booking} is under way: wait until it is settled."
          for each in paid.filter(status__in=PAYMENT_OPEN)),
        *(f"A refund for {each.payment.booking} is under way: wait until the money has arrived."
          for each in Refund.objects.filter(**of, status__in=REFUND_OPEN).select_related("payment__booking")),
        *(f"A refund for {each.payment.booking} failed: pay it back another way first."
          for each in Refund.objects.filter(**of, status="failed", tried_again_as=None).select_related("payment__booking")),
        *(f"The payment for {each.payment.booking} is disputed: the bank may still ask for evidence."
          for each in Dispute.objects.filter(**of, status__in=DISPUTE_OPEN).select_related("payment__booking")),
        *(f"Money for {each.payment.booking} waits for a decision."
          for each in StrayMoney.objects.filter(**of).exclude(status__in=STRAY_ENDED)
          .select_related("payment__booking")),
        *(f"The date of {each.booking} was cancelled and the customer still chooses." for each in called_off),
    ]  # fmt: skip


def counts(person: Person) -> dict[str, int]:
    return {
        "payments lose address, device and what the card said": _payments(person).count(),
        "notes on refunds, disputes and differences are blanked": sum(
            rows.count() for rows in _noted(person)
        ),
    }


def erase(person: Person, now: dt.datetime) -> None:
    _strip(_payments(person), now)
    for rows in _noted(person):
        _blank(rows, **{"evidence": {}} if rows.model is DisputeAnswer else {}, note="")


def subjects(person: Person) -> list[str]:
    """What the messages about this person's refunds are filed under."""
    refunds = Refund.objects.filter(payment__booking__in=person.bookings)
    return [f"payments.refund:{key}" for key in refunds.values_list("pk", flat=True)]


def forget_devices(before: dt.datetime, now: dt.datetime, limit: int) -> int:
    """Where payments came from: once no bank asks any more."""
    due = Payment.objects.filter(stripped_at=None, created_at__lt=before)
    due = due.exclude(status__in=PAYMENT_OPEN).exclude(disputes__status__in=DISPUTE_OPEN)
    keys = list(due.order_by("pk").values_list("pk", flat=True)[:limit])
    return _strip(Payment.objects.filter(pk__in=keys), now)


def _payments(person: Person) -> QuerySet[Payment]:
    return Payment.objects.filter(booking__in=person.bookings)


def _noted(person: Person) -> list[QuerySet[Any]]:
    of = Q(payment__booking__in=person.bookings)
    return [
        Refund.objects.filter(of),
        Difference.objects.filter(of),
        StrayMoney.objects.filter(of),
        DisputeAnswer.objects.filter(dispute__payment__booking__in=person.bookings),
    ]


def _strip(rows: QuerySet[Payment], now: dt.datetime) -> int:
    keys = list(rows.values_list("pk", flat=True))
    done = _blank(rows, address="", device={}, card_facts={}, client_secret="")
    Payment.objects.filter(pk__in=keys).update(stripped_at=now)
    return done


def _blank(rows: QuerySet[Any], **values: Any) -> int:
    keys = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    for key in keys:
        rows.model.objects.filter(pk=key).update(**_sealed(rows.model, key, values))
    return len(keys)


def _sealed(model: type[Model], key: Any, values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: model._meta.get_field(name).sealed_for(key, value)  # type: ignore[union-attr]
        for name, value in values.items()
    }
