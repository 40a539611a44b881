"""What others may ask of fraud."""

from uuid import UUID

from core.errors import NotFound
from fraud.models import Assessment, ReviewCase


class CaseNotFound(NotFound):
    code = "case_not_found"
    detail = "We can’t find that review."


def case(case_id: UUID | str) -> ReviewCase:
    try:
        return ReviewCase.objects.select_related("assessment").get(id=case_id)
    except ReviewCase.DoesNotExist:
        raise CaseNotFound from None


def case_of(payment_id: UUID | str) -> ReviewCase | None:
    return ReviewCase.objects.select_related("assessment").filter(payment_id=payment_id).first()


def open_cases() -> list[ReviewCase]:
    """The queue, the most urgent first."""
    return list(ReviewCase.objects.open().select_related("assessment").order_by("promise_at"))


def assessments_of(payment_id: UUID | str) -> list[Assessment]:
    """At most one for each stage, in the order they were made."""
    return list(Assessment.objects.filter(payment_id=payment_id).order_by("assessed_at", "id"))
