"""The intent: one row for each thing we ask the gateway to do, committed before the request leaves.

Its key is derived from the operation and the verb, so an operation has one key for each verb, for good
(what is harmless twice may count its verbs: cancel, cancel-2).
A key is sent again only while the gateway is sure to remember it, and only with the same parameters.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Q

from core.ids import uuid7

from .stateful import Beside, Moving

# Stripe may forget a key after 24 h; a forgotten key would do the thing a second time.
KEY_LIFETIME = timedelta(hours=23)
# What the gateway answers again under the same key for as long as it remembers the key.
KEPT_REFUSALS = ("declined", "rejected", "already_done", "no_answer")


class KeyTooOld(Exception):
    """The gateway may have forgotten the key: look the operation up instead of asking again."""


class ParametersChanged(Exception):
    """The same operation with other parameters: a bug in our code, never sent."""


class GatewayCall(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=120, unique=True)
    operation_id = models.CharField(max_length=64)
    verb = models.CharField(max_length=20)
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="gateway_calls"
    )
    params_hash = models.CharField(max_length=64)
    sends = models.PositiveSmallIntegerField(default=1)
    first_sent_at = models.DateTimeField()
    last_sent_at = models.DateTimeField()
    outcome = models.CharField(max_length=20, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation_id", "verb"], name="payments_gatewaycall_one_key_per_verb"
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb}: {self.outcome or 'no answer'}"

    @classmethod
    def open(
        cls, *, operation_id: str, verb: str, payment_id: UUID, params: dict[str, Any],
        now: datetime, moving: Moving | None = None,
    ) -> "GatewayCall":  # fmt: skip
        """The row of this operation and verb, one send richer. Call it outside any transaction.

        `moving` moves the row that the request is about: the two are then one statement, so both are
        committed or neither. Raises KeyTooOld or ParametersChanged, and then counts no send, and what
        `moving` raises.
        """
        call = cls(
            key=f"{operation_id}:{verb}", operation_id=operation_id, verb=verb,
            payment_id=payment_id, params_hash=_digest(params),
            first_sent_at=now, last_sent_at=now,
        )  # fmt: skip
        intent = call._insert_or_count(oldest=now - KEY_LIFETIME)
        row = call._insert_alone(intent) if moving is None else moving(intent)
        if row is None:
            call._refuse()
        else:
            call.id, call.sends, call.first_sent_at = row
        return call

    @classmethod
    def next_verb(cls, *, operation_id: str, verb: str, now: datetime) -> str:
        """`verb`, or `verb-2` and so on: the last one, unless its key has grown old or keeps a refusal."""
        asked = cls.objects.filter(operation_id=operation_id).filter(
            Q(verb=verb) | Q(verb__startswith=f"{verb}-")
        )
        last = asked.order_by("-first_sent_at", "-id").first()
        if last is None:
            return verb
        if last.first_sent_at > now - KEY_LIFETIME and last.outcome not in KEPT_REFUSALS:
            return last.verb
        return f"{verb}-{asked.count() + 1}"

    def close(self, outcome: str, *, error_code: str = "", now: datetime) -> None:
        self.outcome, self.error_code, self.answered_at = outcome, error_code[:64], now
        GatewayCall.objects.filter(pk=self.pk).update(
            outcome=self.outcome, error_code=self.error_code, answered_at=now
        )

    def _insert_or_count(self, *, oldest: datetime) -> Beside:
        """One statement: the first send inserts, a later one counts, an improper one does neither."""
        return Beside(
            "INSERT INTO payments_gatewaycall AS known (id, key, operation_id, verb, payment_id,"
            " params_hash, sends, first_sent_at, last_sent_at, outcome, error_code)"
            " SELECT %s, %s, %s, %s, changed.id, %s, 1, %s, %s, '', '' FROM changed"
            " ON CONFLICT (key) DO UPDATE SET sends = known.sends + 1,"
            " last_sent_at = excluded.last_sent_at"
            " WHERE known.params_hash = excluded.params_hash AND known.first_sent_at > %s"
            " RETURNING id, sends, first_sent_at",
            [
                *(self.id, self.key, self.operation_id, self.verb, self.params_hash),
                *(self.first_sent_at, self.last_sent_at, oldest),
            ],
        )

    def _insert_alone(self, intent: Beside) -> tuple[Any, ...] | None:
        """Where no row of ours has to move first."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH changed AS (SELECT %s::uuid AS id) {intent.statement}",
                [self.payment_id, *intent.values],
            )
            return cursor.fetchone()

    def _refuse(self) -> None:
        known = GatewayCall.objects.get(key=self.key)
        if known.params_hash != self.params_hash:
            raise ParametersChanged(self.key)
        raise KeyTooOld(self.key)


def _digest(params: dict[str, Any]) -> str:
    text = json.dumps(params, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
