"""A booking's papers as the API shows them."""

from rest_framework import serializers

from core.api.serializers import MoneyField


class DocumentOutput(serializers.Serializer):
    """One invoice or credit note."""

    number = serializers.CharField(source="label")
    kind = serializers.ChoiceField(choices=["invoice", "credit_note"])
    issued_at = serializers.DateTimeField()
    tax_point = serializers.DateField()
    net = MoneyField()
    vat = MoneyField()
    total = MoneyField(source="gross")
    refers_to = serializers.CharField(source="refers_to.label", default=None, allow_null=True)
    pdf = serializers.URLField()


class DocumentListOutput(serializers.Serializer):
    """All papers of a booking: never so many that they need pages."""

    results = DocumentOutput(many=True)
