"""Joining the waiting list of a full date."""

from django import forms

from courses.services.details import EMAIL_WORDS


class WaitingForm(forms.Form):
    use_required_attribute = False

    name = forms.CharField(
        label="Your name",
        max_length=120,
        error_messages={"required": "Enter your name"},
        widget=forms.TextInput({"class": "input w-name", "autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="Email",
        help_text="The link to your places goes here.",
        error_messages={"required": EMAIL_WORDS, "invalid": EMAIL_WORDS},
        widget=forms.EmailInput({"class": "input w-email", "autocomplete": "email"}),
    )
    places = forms.IntegerField(
        label="How many people?",
        initial=1,
        error_messages={"required": "Choose how many people", "invalid": "Choose how many people"},
        widget=forms.NumberInput({"class": "input w-postcode", "inputmode": "numeric"}),
    )
