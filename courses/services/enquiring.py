"""Asking for training at a workplace: stored, mailed to the office, answered there."""

from __future__ import annotations

import datetime as dt
from dataclasses import astuple, dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction

from core.audit import services as audit
from core.crypto.index import keyed_digest
from core.errors import NotFound
from core.outbox.events import publish
from courses.events import WorkplaceEnquiryMade
from courses.models import WorkplaceEnquiry

REPEATED = dt.timedelta(days=1)


class EnquiryNotFound(NotFound):
    code = "enquiry_not_found"
    detail = "We can’t find that enquiry."


@dataclass(frozen=True)
class Asked:
    name: str
    email: str
    people: int
    place: str
    phone: str = ""
    company: str = ""
    message: str = ""


def ask(*, asked: Asked, now: dt.datetime) -> WorkplaceEnquiry:
    """Keeps it and tells the office, together. The same words again within a day are the same enquiry."""
    digest = keyed_digest(repr(astuple(asked)), purpose="courses.enquiry")
    with transaction.atomic():
        known = WorkplaceEnquiry.objects.filter(digest=digest, asked_at__gt=now - REPEATED).first()
        if known is not None:
            return known
        enquiry = WorkplaceEnquiry.objects.create(**vars(asked), digest=digest, asked_at=now)
        publish(WorkplaceEnquiryMade(enquiry_id=str(enquiry.pk), at=now.isoformat()))
    return enquiry


def answer(*, enquiry_id: UUID, actor: str, now: dt.datetime) -> WorkplaceEnquiry:
    """Marked as dealt with, by whom; a second time changes nothing. Raises EnquiryNotFound."""
    with transaction.atomic():
        enquiry = WorkplaceEnquiry.objects.filter(pk=enquiry_id).first()
        if enquiry is None:
            raise EnquiryNotFound
        if enquiry.answer(actor=actor, now=now):
            audit.record(
                subject=f"courses.workplaceenquiry:{enquiry.pk}", action="enquiry.answered",
                actor=actor, after={}, now=now,
            )  # fmt: skip
    return enquiry


def forget_old(*, now: dt.datetime) -> int:
    """How many were older than the privacy notice says that they are kept."""
    before = now - dt.timedelta(days=settings.ENQUIRY_DAYS)
    return WorkplaceEnquiry.objects.filter(asked_at__lt=before).delete()[0]
