"""One person in a place: the name for the certificate and where the joining instructions go."""

from django import forms

from courses.models import Attendee
from courses.services.details import EMAIL_WORDS


class AttendeeForm(forms.Form):
    use_required_attribute = False

    name = forms.CharField(
        label="Full name",
        max_length=120,
        error_messages={"required": "Enter the full name"},
        widget=forms.TextInput({"class": "input w-name", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        label="Email",
        required=False,
        help_text="Joining instructions go to them now. The previous person gets a short note.",
        error_messages={"invalid": EMAIL_WORDS},
        widget=forms.EmailInput({"class": "input w-email", "autocomplete": "off"}),
    )

    @classmethod
    def of(cls, attendee: Attendee) -> "AttendeeForm":
        return cls(initial={"name": attendee.name, "email": attendee.email})
