"""What payments keep of people, for how long, and how they forget them. The money itself stays for the books."""

import datetime as dt

from django.conf import settings

from core.privacy import erasing, retention
from core.privacy.declared import BLANK, KEEP, harmless, personal
from payments.services import forgetting

BOOKS = "VAT Act 1994 sch. 11 para. 6: six years"
CODES = "codes, ids of the gateway and staff"


def register() -> None:
    _declare()
    _declare_harmless()
    erasing.barred_by(forgetting.bars)
    erasing.told_under(forgetting.subjects)
    erasing.step(30, "payments", forgetting.counts, forgetting.erase)
    retention.rule("where old payments came from", _old_devices)


def _declare() -> None:
    personal(
        "payments.Payment", "address device card_facts client_secret",
        kept=f"{settings.PAYMENT_DEVICE_DAYS} days", then=BLANK, erased=BLANK,
        why="to judge risk and to answer disputes (UK GDPR art. 6(1)(f))",
    )  # fmt: skip
    personal(
        "payments.Payment", "card_brand card_last4 card_country", kept="with the books", then=KEEP,
        erased="kept: which money came, on the invoice too; four digits name nobody", why=BOOKS,
    )  # fmt: skip
    for model in ("Refund", "Difference", "StrayMoney", "DisputeAnswer"):
        personal(
            f"payments.{model}", "note", kept="with the books", then=KEEP, erased=BLANK,
            why="why money went back; " + BOOKS,
        )  # fmt: skip
    personal(
        "payments.DisputeAnswer", "evidence", kept="with the books", then=KEEP, erased=BLANK,
        why="what the bank was told",
    )  # fmt: skip
    personal(
        "payments.SessionCancellation", "note", kept="for good", then=KEEP,
        erased="kept: about a date, not a person", why="why a date was cancelled",
    )  # fmt: skip


def _declare_harmless() -> None:
    for model in (
        "Payment", "Dispute", "DisputeAnswer", "Refund", "CalledOffBooking",
    ):  # fmt: skip
        harmless(f"payments.{model}Transition", "actor cause", CODES)
    harmless("payments.Payment", "confirmation_token", CODES)
    harmless("payments.CancellationQuote", "attendees explanation", "ids; words of the policy")
    harmless("payments.Dispute", "reason", CODES)
    harmless("payments.DisputeAnswer", "decided_by", CODES)
    harmless("payments.FraudWarning", "left_by", CODES)
    harmless("payments.GatewayCall", "key", CODES)
    harmless("payments.LedgerMovement", "key digest", CODES)
    harmless("payments.Reconciliation", "compared", "numbers")
    harmless("payments.Difference", "given_to ended_by", CODES)
    harmless(
        "payments.Refund", "credit_lines requested_by approved_by leaving", "amounts and " + CODES
    )
    harmless("payments.SessionCancellation", "asked_by", CODES)
    harmless("payments.StrayMoney", "decided_by", CODES)
    harmless("payments.WebhookEvent", "error", CODES)


def _old_devices(now: dt.datetime, limit: int) -> int:
    before = now - dt.timedelta(days=settings.PAYMENT_DEVICE_DAYS)
    return forgetting.forget_devices(before, now, limit)
