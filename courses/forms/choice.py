"""What customers type: the choice of a date and places, and who's coming."""

from __future__ import annotations

from typing import Any

from django import forms

from core.errors import Invalid, Refusal
from courses.models import Course
from courses.services.bookings import PlacesSoldOut
from courses.services.refusals import SellingStopped

OVER_LIMIT_WORDS = "For more than {limit} people, we can train at your workplace."

CERTIFICATE_WORDS = (
    "Your certificate will have run out by then. You need the 3-day First Aid at Work course."
)


class Calendar(forms.DateInput):
    input_type = "date"


class Choice(forms.Form):
    """A date, how many people, and for a requalification how long the certificate lasts."""

    session = forms.UUIDField(
        error_messages={"required": "Choose a date", "invalid": "Choose a date"}
    )
    places = forms.IntegerField(
        min_value=1,
        label="How many people?",
        error_messages={
            "required": "Enter how many people are coming",
            "invalid": "Enter how many people are coming, like 2",
            "min_value": "Enter 1 or more people",
        },
    )

    use_required_attribute = False

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.course = course
        self.is_sold_out = False
        self.needs_full_course = False
        self.status = 422
        limit = OVER_LIMIT_WORDS.format(limit=course.class_size)
        places = self.fields["places"]
        places.validators.append(_at_most(course.class_size, limit))
        if course.requires_certificate:
            self.fields["certificate_until"] = certificate_field()

    @property
    def session_id(self) -> str:
        return str(self["session"].value() or "")

    def refuse_certificate(self) -> None:
        self.needs_full_course = True
        self.add_error("certificate_until", CERTIFICATE_WORDS)

    def refuse(self, refusal: Refusal) -> None:
        """Shows what the service refused, at the field that it is about."""
        self.is_sold_out = isinstance(refusal, PlacesSoldOut)
        self.status = 422 if isinstance(refusal, Invalid) else 409
        if isinstance(refusal, SellingStopped):
            self.status = 503
        for name, messages in refusal.fields.items():
            self.add_error(name if name in self.fields else None, list(messages))
        if not refusal.fields:
            self.add_error("session", refusal.detail)

    def problems(self) -> list[tuple[str, str]]:
        anchors = {"session": "slots", "places": "qty", "certificate_until": "id_certificate_until"}
        return [
            (anchors.get(name, ""), str(message))
            for name, messages in self.errors.items()
            for message in messages
        ]


def certificate_field() -> forms.DateField:
    return forms.DateField(
        label="When does your current certificate run out?",
        widget=Calendar(attrs={"class": "input w-postcode"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Enter the date your current certificate runs out",
            "invalid": "Enter the date your current certificate runs out, like 31/3/2027",
        },
    )


def _at_most(limit: int, words: str):
    def check(value: int) -> None:
        if value > limit:
            raise forms.ValidationError(words)

    return check
