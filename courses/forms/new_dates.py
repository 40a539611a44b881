"""Which course, and where to write to."""

from django import forms

from courses.services.details import EMAIL_WORDS


class NewDatesForm(forms.Form):
    use_required_attribute = False

    course = forms.ChoiceField(
        label="Course", required=False, widget=forms.Select({"class": "select w-name"})
    )
    email = forms.EmailField(
        label="Email",
        max_length=254,
        help_text="We first send you an email that asks whether you want this.",
        error_messages={"required": EMAIL_WORDS, "invalid": EMAIL_WORDS},
        widget=forms.EmailInput({"class": "input w-email", "autocomplete": "email"}),
    )

    def __init__(self, *args: object, courses: list[tuple[str, str]], **rest: object) -> None:
        super().__init__(*args, **rest)  # type: ignore[arg-type]
        self.fields["course"].choices = [("", "Any course"), *courses]  # type: ignore[attr-defined]

    def problems(self) -> list[tuple[str, str]]:
        return [
            (f"id_{name}", str(words)) for name, errors in self.errors.items() for words in errors
        ]
