"""What a decision needs. Each answer has reasons of its own, so one can't be given with the other's."""

from typing import Any

from django import forms

from fraud.services import reviews
from payments.services import also_block

NOTE_LENGTH_MAX = reviews.NOTE_LENGTH_MAX


class DecisionForm(forms.Form):
    """The page draws the fields itself; what is wrong comes back in its words."""

    decision = forms.ChoiceField(
        choices=[("approve", "Approve"), ("decline", "Decline")],
        error_messages={"required": "Choose approve or decline."},
    )
    approve_reason = forms.ChoiceField(
        choices=list(reviews.REASONS["approve"].items()), required=False
    )
    decline_reason = forms.ChoiceField(
        choices=list(reviews.REASONS["decline"].items()), required=False
    )
    block = forms.MultipleChoiceField(choices=list(also_block.TITLES.items()), required=False)
    note = forms.CharField(max_length=NOTE_LENGTH_MAX, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        decision = cleaned.get("decision")
        if not decision:
            return cleaned
        reason = cleaned.get(f"{decision}_reason")
        if not reason:
            self.add_error(f"{decision}_reason", "Choose a reason.")
        elif reason == reviews.OTHER and not cleaned.get("note"):
            self.add_error("note", "Say what the reason was.")
        cleaned["reason"] = reason
        if decision == "approve":
            cleaned["block"] = []  # ticked before the other answer was chosen
        return cleaned
