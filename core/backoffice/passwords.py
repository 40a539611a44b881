"""Passwords of staff: no word that anybody would try first here. Length and common ones are Django's to judge."""

from typing import Any

from django.core.exceptions import ValidationError

WORDS = (
    *("reactfast", "react fast", "training", "firstaid", "first aid", "first-aid", "efaw", "faw"),
    *("paediatric", "booking", "leeds", "yorkshire", "stripe", "office", "approver", "owner", "admin"),
)  # fmt: skip
OTHER_CHARACTERS_MIN = 8


class NotOurWords:
    """Refuses a password that is little more than words of the business (ASVS 6.1.2, 6.2.11)."""

    def validate(self, password: str, user: Any = None) -> None:
        left = password.casefold()
        for word in sorted(WORDS, key=len, reverse=True):
            left = left.replace(word, "")
        if len("".join(filter(str.isalnum, left))) >= OTHER_CHARACTERS_MIN:
            return
        if left != password.casefold():
            raise ValidationError(self.get_help_text(), code="password_of_our_words")

    def get_help_text(self) -> str:
        return "Don’t build it from our name, our towns or our courses."
