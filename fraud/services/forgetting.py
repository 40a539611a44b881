"""What colleagues wrote about a person while they judged a payment."""

from collections.abc import Sequence

from fraud.models import ReviewCase


def noted(references: Sequence[str]) -> int:
    return ReviewCase.objects.filter(booking_reference__in=references).count()


def blank_notes(references: Sequence[str]) -> None:
    for case in ReviewCase.objects.select_for_update().filter(booking_reference__in=references):
        case.note = ""
        case.save(update_fields=["note"])
