"""What the staff API takes and answers about reviews: the reasons go out, what is sealed does not."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.serializers import StrictSerializer
from fraud.services.reviews import NOTE_LENGTH_MAX, REASONS
from payments.services.also_block import TITLES

REASON_CODES = sorted({code for reasons in REASONS.values() for code in reasons})


class DecisionIn(StrictSerializer):
    decision = serializers.ChoiceField(choices=tuple(REASONS))
    reason = serializers.CharField(
        max_length=40, help_text=f"One of the decision's own: {', '.join(REASON_CODES)}."
    )
    note = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=NOTE_LENGTH_MAX,
        help_text="Needed for the reason `other`.",
    )
    block = serializers.ListField(
        child=serializers.ChoiceField(choices=tuple(TITLES)),
        required=False,
        max_length=len(TITLES),
        help_text="What of this payment to put on the list too; only with decline.",
    )


class MoneyOut(serializers.Serializer):
    amount = serializers.IntegerField()
    currency = serializers.CharField()


class ReviewOut(serializers.Serializer):
    id = serializers.UUIDField()
    payment = serializers.UUIDField(source="payment_id")
    booking = serializers.CharField(source="booking_reference")
    amount = serializers.SerializerMethodField()
    state = serializers.CharField()
    score = serializers.IntegerField(source="assessment.score")
    opened_at = serializers.DateTimeField()
    promise_at = serializers.DateTimeField()
    hard_limit_at = serializers.DateTimeField()

    def get_amount(self, case: Any) -> MoneyOut:
        return {"amount": case.amount_minor, "currency": case.currency}  # type: ignore[return-value]


class ReadingOut(serializers.Serializer):
    """One signed line of the score; they add up to it."""

    signal = serializers.CharField()
    points = serializers.FloatField()
    title = serializers.CharField(required=False)
    evidence = serializers.CharField()


class ReviewDetailOut(ReviewOut):
    readings = ReadingOut(many=True, source="assessment.readings")
    thresholds = serializers.DictField(source="assessment.thresholds")
    rule_version = serializers.CharField(source="assessment.rule_version")
    asked_to_call_at = serializers.DateTimeField(allow_null=True)
    held_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField()
    reason = serializers.CharField()
