"""Who's coming: the least we need to teach, certify and invoice."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from core.errors import Invalid
from courses.models import Attendee, Booking
from courses.services.bookings import AttendeeDetails, CustomerDetails
from courses.services.details import EMAIL_WORDS, PHONE, PHONE_WORDS

YES, NO = "yes", "no"
ME, COMPANY = "me", "company"


class Telephone(forms.TextInput):
    input_type = "tel"


class Details(forms.Form):
    """One form for one person or twelve; which fields count depends on the two choices in it."""

    use_required_attribute = False

    coming = forms.ChoiceField(
        choices=[(YES, "Yes"), (NO, "No, I’m booking for others")],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether you are coming yourself"},
    )
    name = forms.CharField(
        label="Your name",
        max_length=120,
        error_messages={"required": "Enter your name"},
    )
    email = forms.EmailField(
        label="Your email",
        help_text="Your confirmation and invoice go here.",
        error_messages={"required": EMAIL_WORDS, "invalid": EMAIL_WORDS},
    )
    phone = forms.CharField(
        label="Your phone",
        help_text="We only call if something changes about the course.",
        max_length=30,
        required=False,
        widget=Telephone,
    )
    access_needs = forms.CharField(
        label="Anything that would help anyone take part?",
        help_text="For example step-free access, or a hearing loop. Only the trainer sees this.",
        max_length=500,
        required=False,
        widget=forms.Textarea,
    )
    invoice_to = forms.ChoiceField(
        choices=[(ME, "Me"), (COMPANY, "A company")],
        widget=forms.RadioSelect,
        error_messages={"required": "Say who the invoice is for"},
    )
    company = forms.CharField(label="Company name", max_length=120, required=False)
    address = forms.CharField(
        label="Address", max_length=400, required=False, widget=forms.Textarea
    )
    postcode = forms.CharField(label="Postcode", max_length=10, required=False)
    purchase_order = forms.CharField(label="Purchase order number", max_length=40, required=False)
    early_start_consent = forms.BooleanField(
        label="The course is within 14 days. I agree that it can go ahead before my 14-day right "
        "to cancel ends.",
        required=False,
    )

    def __init__(self, *args: Any, booking: Booking, asks_consent: bool, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _initial(booking), **kwargs})
        self.booking = booking
        if not asks_consent:
            del self.fields["early_start_consent"]
        for number in range(1, booking.places + 1):
            self.fields[f"attendee_{number}_name"] = _attendee_name()
            self.fields[f"attendee_{number}_email"] = _attendee_email()
        for name, attributes in ATTRIBUTES.items():
            if name in self.fields:
                self.fields[name].widget.attrs.update(attributes)
        names = [name for name in self.fields if name.endswith("_name")]
        for name in ("company", "address", "postcode", *names):
            # Whether these are needed depends on the two choices, so no label calls them optional.
            self.fields[name].widget.attrs["data-asked"] = True

    def attendees(self) -> list[dict[str, Any]]:
        """The fields of each place, in order, for the page."""
        return [
            {
                "number": number,
                "name": self[f"attendee_{number}_name"],
                "email": self[f"attendee_{number}_email"],
            }
            for number in range(1, self.booking.places + 1)
        ]

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"]
        if phone and not PHONE.match(phone):
            raise forms.ValidationError(PHONE_WORDS)
        return phone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("invoice_to") == COMPANY:
            self._require("company", "Enter the company’s name")
            self._require("address", "Enter the company’s address")
            self._require("postcode", "Enter the company’s postcode")
        elif data.get("invoice_to") == ME:
            for number in self._asked_attendees():
                words = f"Enter the full name of attendee {number}"
                self._require(f"attendee_{number}_name", words)
        return data

    def customer(self) -> CustomerDetails:
        data = self.cleaned_data
        is_company = data["invoice_to"] == COMPANY
        of_company = ("company", "address", "postcode", "purchase_order")
        return CustomerDetails(
            name=data["name"],
            email=data["email"],
            phone=data["phone"],
            **{name: data[name] if is_company else "" for name in of_company},
        )

    def people(self) -> list[AttendeeDetails]:
        """The places in order. Who comes themselves takes the first; what would help is said once, there."""
        data = self.cleaned_data
        found = []
        for number in range(1, self.booking.places + 1):
            is_me = number == 1 and data["coming"] == YES
            found.append(
                AttendeeDetails(
                    name=data["name"] if is_me else data[f"attendee_{number}_name"],
                    email=data["email"] if is_me else data[f"attendee_{number}_email"],
                    access_needs=data["access_needs"] if number == 1 else "",
                )
            )
        return found

    def refuse(self, refusal: Invalid) -> None:
        """Shows what the service refused, at the field that it is about."""
        for path, messages in refusal.fields.items():
            self.add_error(self._field_of(path), list(messages))

    def problems(self) -> list[tuple[str, str]]:
        """For the summary, in the order of the page."""
        in_order = sorted(self.errors, key=lambda name: POSITION.get(name, 50))
        return [
            (f"id_{name}_0" if name in CHOICES else f"id_{name}", str(message))
            for name in in_order
            for message in self.errors[name]
        ]

    def _asked_attendees(self) -> range:
        first = 2 if self.cleaned_data.get("coming") == YES else 1
        return range(first, self.booking.places + 1)

    def _require(self, name: str, words: str) -> None:
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, words)

    def _field_of(self, path: str) -> str | None:
        parts = path.split(".")
        if parts[0] == "customer":
            name = parts[-1]
        elif parts[0] == "attendees" and len(parts) == 3:
            number = int(parts[1]) + 1
            name = "access_needs" if parts[2] == "access_needs" else f"attendee_{number}_{parts[2]}"
        else:
            return None
        return name if name in self.fields else None


CHOICES = ("coming", "invoice_to")
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "name": {"class": "input w-name", "autocomplete": "name", "enterkeyhint": "next"},
    "email": {
        "class": "input w-email",
        "autocomplete": "email",
        "inputmode": "email",
        "enterkeyhint": "next",
        "spellcheck": "false",
    },
    "phone": {
        "class": "input w-phone",
        "autocomplete": "tel",
        "inputmode": "tel",
        "enterkeyhint": "next",
    },
    "access_needs": {"class": "input", "rows": 3, "autocomplete": "off", "enterkeyhint": "enter"},
    "company": {"class": "input w-name", "autocomplete": "organization", "enterkeyhint": "next"},
    "address": {
        "class": "input w-email",
        "rows": 3,
        "autocomplete": "street-address",
        "enterkeyhint": "enter",
    },
    "postcode": {
        "class": "input w-postcode",
        "autocomplete": "postal-code",
        "autocapitalize": "characters",
        "enterkeyhint": "next",
    },
    "purchase_order": {"class": "input w-phone", "autocomplete": "off", "enterkeyhint": "done"},
}
POSITION = {
    name: position for position, name in enumerate(["coming", "name", "email", "phone"])
} | {
    name: 100 + position
    for position, name in enumerate(
        ["access_needs", "invoice_to", "company", "address", "postcode", "purchase_order"]
    )
}


def needs_consent(booking: Booking, now: dt.datetime) -> bool:
    """Whether a consumer's right to change their mind would outlast the course's start."""
    days = booking.policy.get("consumer_right_days", 0)
    return bool(days) and booking.session.starts_at <= now + dt.timedelta(days=days)


def _attendee_name() -> forms.CharField:
    attributes = {"class": "input w-name", "autocomplete": "off", "enterkeyhint": "next"}
    return forms.CharField(
        label="Full name",
        help_text="As it should appear on the certificate",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=attributes),
    )


def _attendee_email() -> forms.EmailField:
    attributes = {
        "class": "input w-email",
        "autocomplete": "off",
        "inputmode": "email",
        "enterkeyhint": "next",
        "spellcheck": "false",
    }
    return forms.EmailField(
        label="Email",
        help_text="We’ll send joining instructions here",
        required=False,
        widget=forms.EmailInput(attrs=attributes),
        error_messages={"invalid": EMAIL_WORDS},
    )


def _initial(booking: Booking) -> dict[str, Any]:
    """What was typed before; nothing is asked twice."""
    customer, people = booking.customer, list(booking.attendees.all())
    first = people[0] if people else None
    initial: dict[str, Any] = {"access_needs": first.access_needs if first else ""}
    for attendee in people:
        initial[f"attendee_{attendee.position}_name"] = attendee.name
        initial[f"attendee_{attendee.position}_email"] = attendee.email
    if customer is None:
        return initial
    return initial | {
        "coming": YES if _is_same_person(first, booking) else NO,
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "invoice_to": COMPANY if customer.company else ME,
        "company": customer.company,
        "address": customer.address,
        "postcode": customer.postcode,
        "purchase_order": booking.purchase_order,
        "early_start_consent": booking.early_start_consent,
    }


def _is_same_person(attendee: Attendee | None, booking: Booking) -> bool:
    customer = booking.customer
    return bool(
        attendee
        and customer
        and attendee.name == customer.name
        and attendee.email == customer.email
    )
