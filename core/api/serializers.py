"""Input that is taken literally: unknown fields, wrong types and huge numbers are refused, never guessed at."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.money import Money

WHOLE_NUMBER_MAX = 2**53 - 1
UNKNOWN_FIELDS_SHOWN = 20
CURRENCIES = ("GBP",)


class StrictSerializer(serializers.Serializer):
    """Refuses fields that it does not know, and values of another JSON type than a field's own.

    A number is never a string, a float or a bool; a flag is true or false; a text is a string.
    """

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        refused: dict[str, list[Any]] = {}
        if isinstance(data, dict):
            refused = self._unknown(data) | self._wrong_types(data)
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            found: Any = error.detail
            raise serializers.ValidationError({**found, **refused}) from None
        if refused:
            raise serializers.ValidationError(refused)
        return values

    def _unknown(self, data: dict[str, Any]) -> dict[str, list[str]]:
        known = {name for name, field in self.fields.items() if not field.read_only}
        unknown = sorted(str(name)[:50] for name in data if name not in known)
        return {name: ["This field is not known."] for name in unknown[:UNKNOWN_FIELDS_SHOWN]}

    def _wrong_types(self, data: dict[str, Any]) -> dict[str, list[str]]:
        refused = {}
        for name, field in self.fields.items():
            message = wrong_type(field, data[name]) if name in data and not field.read_only else ""
            if message:
                refused[name] = [message]
        return refused


class MoneyField(serializers.Field):
    """`{"amount": 9600, "currency": "GBP"}` and Money."""

    default_error_messages = {
        "shape": "Give amount, in whole pence, and currency.",
        "currency": "We only take GBP.",
    }

    def to_representation(self, value: Money) -> dict[str, Any]:
        return value.as_json()

    def to_internal_value(self, data: Any) -> Money:
        if not isinstance(data, dict) or set(data) != {"amount", "currency"}:
            self.fail("shape")
        amount, currency = data["amount"], data["currency"]
        if type(amount) is not int or not 0 <= amount <= WHOLE_NUMBER_MAX:
            self.fail("shape")
        if currency not in CURRENCIES:
            self.fail("currency")
        return Money(amount, currency)


extend_schema_field(
    {
        "type": "object",
        "properties": {
            "amount": {"type": "integer", "description": "Minor units: 9600 is £96.00."},
            "currency": {"type": "string", "enum": list(CURRENCIES)},
        },
        "required": ["amount", "currency"],
        "additionalProperties": False,
    },
    component_name="Money",
)(MoneyField)


def wrong_type(field: serializers.Field, value: Any) -> str:
    """Why `value` is of the wrong JSON type for `field`; "" when it is right, or none of our business."""
    if value is None:
        return ""
    if isinstance(field, serializers.IntegerField):
        return _not_whole(value)
    if isinstance(field, serializers.BooleanField) and not isinstance(value, bool):
        return "Give true or false."
    if isinstance(field, serializers.CharField | serializers.ChoiceField | serializers.UUIDField):
        return "" if isinstance(value, str) else "Give a text."
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next(filter(None, (wrong_type(field.child, item) for item in value)), "")
    return ""


def _not_whole(value: Any) -> str:
    if type(value) is not int:
        return "Give a whole number."
    return "" if abs(value) <= WHOLE_NUMBER_MAX else "That number is too large."
