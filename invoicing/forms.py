"""Whom an invoice is made out to, as customers and staff type it."""

from dataclasses import asdict, fields

from django import forms

from core.errors import Refusal
from invoicing.models import Document
from invoicing.services import correcting
from invoicing.services.correcting import LIMITS, TEXT_MAX, Buyer


def _text(
    name: str, label: str, autocomplete: str, words: str = "", rows: int = 1
) -> forms.CharField:
    attributes = {"autocomplete": autocomplete, "class": "input"}
    return forms.CharField(
        label=label,
        help_text=words,
        required=name == "name",
        max_length=LIMITS.get(name, TEXT_MAX),
        error_messages={"required": "Enter the name of the person or company that pays"},
        widget=forms.Textarea(attrs={**attributes, "rows": rows})
        if rows > 1
        else forms.TextInput(attrs=attributes),
    )


class BuyerForm(forms.Form):
    use_required_attribute = False

    name = _text("name", "Name", "name")
    company = _text("company", "Company", "organization", "Leave empty if you pay yourself")
    address = _text("address", "Address", "street-address", rows=3)
    postcode = _text("postcode", "Postcode", "postal-code")
    vat_number = _text(
        "vat_number", "VAT number", "off", "Like GB123456789, if it is to be printed"
    )
    purchase_order = _text("purchase_order", "Purchase order", "off")

    @classmethod
    def of(cls, document: Document) -> "BuyerForm":
        return cls(initial=asdict(correcting.buyer_of(document)))

    def buyer(self) -> Buyer:
        return Buyer(**{each.name: self.cleaned_data[each.name] for each in fields(Buyer)})

    def refuse(self, refusal: Refusal) -> None:
        """A refusal's words, each at its field."""
        if not refusal.fields:
            self.add_error(None, str(refusal.detail))
        for name, words in refusal.fields.items():
            for each in words:
                self.add_error(name if name in self.fields else None, each)

    def problems(self) -> list[tuple[str, str]]:
        return [
            (f"id_{name}" if name != "__all__" else "", str(words))
            for name, errors in self.errors.items()
            for words in errors
        ]
