"""What is asked of who wants training at their workplace, and what keeps machines from asking it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.core import signing

from courses.forms.details import Telephone
from courses.services.details import EMAIL_WORDS, PHONE, PHONE_WORDS, UNPRINTABLE
from courses.services.enquiring import Asked

PEOPLE_MAX = 500
MESSAGE_MAX = 2000
SALT = "courses.enquiry.opened"
OPEN_SECONDS_MIN = 3
# A person may leave the page open over a weekend; a list of stamps bought once is of no use for longer.
OPEN_MAX = dt.timedelta(days=4)
LINK = re.compile(r"https?://|www\.|\[url", re.IGNORECASE)
LINKS_MAX = 1
TOO_QUICK = "That was very quick. Check what you typed, then press Send again."
TOO_OLD = "This page was open too long. Nothing was lost: press Send again."
NO_LINKS = "Leave out web addresses"
UNREADABLE = "Use letters, numbers and signs only"


class EnquiryForm(forms.Form):
    """No puzzle and no trap: a stamp says how long the form was open, and links are left out."""

    use_required_attribute = False

    name = forms.CharField(
        label="Your name", max_length=120, error_messages={"required": "Enter your name"}
    )
    email = forms.EmailField(
        label="Your email",
        help_text="We answer here.",
        error_messages={"required": EMAIL_WORDS, "invalid": EMAIL_WORDS},
    )
    phone = forms.CharField(
        label="Your phone", help_text="If you’d rather talk.", max_length=30, required=False,
        widget=Telephone,
    )  # fmt: skip
    company = forms.CharField(label="Company", max_length=120, required=False)
    people = forms.IntegerField(
        label="How many people?",
        min_value=1,
        max_value=PEOPLE_MAX,
        widget=forms.TextInput,
        error_messages={
            "required": "Enter how many people need training",
            "invalid": "Enter how many people need training, like 15",
            "min_value": "Enter 1 or more people",
            "max_value": f"For more than {PEOPLE_MAX} people, call us",
        },
    )
    place = forms.CharField(
        label="Town or postcode",
        help_text="Where the training would be.",
        max_length=60,
        error_messages={"required": "Enter the town or postcode of your workplace"},
    )
    message = forms.CharField(
        label="What do you need?",
        help_text="For example which course, and which days suit you.",
        max_length=MESSAGE_MAX,
        required=False,
        widget=forms.Textarea,
        error_messages={"max_length": f"Use {MESSAGE_MAX} characters or fewer"},
    )
    opened = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        for name, attributes in ATTRIBUTES.items():
            self.fields[name].widget.attrs.update(attributes)

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"]
        if phone and not PHONE.match(phone):
            raise forms.ValidationError(PHONE_WORDS)
        return phone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("name", "company", "place", "message"):
            if UNPRINTABLE.search(data.get(name, "")):
                self.add_error(name, UNREADABLE)
            elif name != "message" and LINK.search(data.get(name, "")):
                self.add_error(name, NO_LINKS)
        if len(LINK.findall(data.get("message", ""))) > LINKS_MAX:
            self.add_error("message", NO_LINKS)
        if not self.errors and (words := self._judged(data.get("opened", ""))):
            self.add_error(None, words)
        return data

    def asked(self) -> Asked:
        return Asked(**{name: self.cleaned_data[name] for name in Asked.__dataclass_fields__})

    def stamp(self) -> str:
        """For the page that is about to be shown; what was stamped before stays, so that waiting counts."""
        kept = self.data.get("opened", "") if self.is_bound else ""
        return kept if _opened_at(kept) and not self._judged(kept) else stamped(self.now)

    def problems(self) -> list[tuple[str, str]]:
        return [
            ("" if name == "__all__" else f"id_{name}", str(words))
            for name, errors in self.errors.items()
            for words in errors
        ]

    def _judged(self, stamp: str) -> str:
        opened_at = _opened_at(stamp)
        if opened_at is None or self.now - opened_at > OPEN_MAX:
            return TOO_OLD
        if (self.now - opened_at).total_seconds() < OPEN_SECONDS_MIN:
            return TOO_QUICK
        return ""


def stamped(now: dt.datetime) -> str:
    return signing.dumps(int(now.timestamp()), salt=SALT)


def _opened_at(stamp: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(signing.loads(stamp, salt=SALT), dt.UTC)
    except signing.BadSignature:
        return None


ATTRIBUTES: dict[str, dict[str, Any]] = {
    "name": {"class": "input w-name", "autocomplete": "name", "enterkeyhint": "next"},
    "email": {
        "class": "input w-email", "autocomplete": "email", "inputmode": "email",
        "enterkeyhint": "next", "spellcheck": "false",
    },
    "phone": {
        "class": "input w-phone", "autocomplete": "tel", "inputmode": "tel", "enterkeyhint": "next",
    },
    "company": {"class": "input w-name", "autocomplete": "organization", "enterkeyhint": "next"},
    "people": {
        "class": "input w-postcode", "autocomplete": "off", "inputmode": "numeric",
        "enterkeyhint": "next",
    },
    "place": {"class": "input w-name", "autocomplete": "off", "enterkeyhint": "next"},
    "message": {"class": "input", "rows": 5, "autocomplete": "off", "enterkeyhint": "enter"},
}  # fmt: skip
