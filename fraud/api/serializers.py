"""What the staff API takes and answers about the lists. Personal values go out masked."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import StrictSerializer
from fraud import list_values
from fraud.list_values import REASON_LENGTH_MAX
from fraud.models import BlacklistEntry
from fraud.models.blacklist import Effect, ListKind, Source


class EntryIn(StrictSerializer):
    kind = serializers.ChoiceField(choices=ListKind.choices)
    value = serializers.CharField(
        max_length=260, help_text="For a card or device, a payment's identifier does too."
    )
    effect = serializers.ChoiceField(choices=Effect.choices)
    reason = serializers.CharField(max_length=REASON_LENGTH_MAX)
    until = serializers.DateField(
        required=False,
        allow_null=True,
        help_text="The last day it counts; left out, the default; null, no end.",
    )
    preview = serializers.BooleanField(
        default=False, help_text="Only say what it would have stopped; nothing is written."
    )


class RemovalIn(StrictSerializer):
    reason = serializers.CharField(max_length=REASON_LENGTH_MAX)


class PreviewOut(serializers.Serializer):
    value = serializers.CharField(source="shown")
    days = serializers.IntegerField()
    known = serializers.BooleanField()
    bookings = serializers.IntegerField()
    declined = serializers.IntegerField()
    disputed = serializers.IntegerField()
    paid = serializers.IntegerField()
    unfinished = serializers.IntegerField()


class EntryOut(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ListKind.choices)
    value = serializers.CharField(source="shown")
    effect = serializers.ChoiceField(choices=Effect.choices)
    automatic = serializers.SerializerMethodField()
    reason = serializers.CharField()
    by = serializers.CharField(source="author")
    since = serializers.DateTimeField()
    until = serializers.SerializerMethodField()
    removed_at = serializers.DateTimeField(allow_null=True)
    hits = serializers.IntegerField()

    def get_automatic(self, entry: BlacklistEntry) -> bool:
        """A confirmed fraud put it there, not a person."""
        return entry.source == Source.AUTOMATIC

    def get_until(self, entry: BlacklistEntry) -> str | None:
        """The last day it counts."""
        day = list_values.last_day(entry.until)
        return day.isoformat() if day else None


def accepted(serializer: type[StrictSerializer], data: Any) -> dict[str, Any]:
    given = serializer(data=data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
