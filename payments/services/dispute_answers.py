"""Answering a dispute: a person decides what the bank is told, a worker sends it once after the commit."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.errors import Conflict, Invalid, NotFound
from core.sagas import engine
from payments.models import AnswerKind, AnswerStatus, Dispute, DisputeAnswer

SAGA = "dispute_answer"
NOTE_LENGTH_MAX = 2000
# Stripe takes 20,000 characters in a field and 150,000 in all.
FIELD_LENGTH_MAX = 20_000
EVIDENCE_LENGTH_MAX = 150_000
FIELDS = (
    "customer_name",
    "customer_email_address",
    "billing_address",
    "customer_purchase_ip",
    "product_description",
    "service_date",
    "cancellation_policy_disclosure",
    "access_activity_log",
    "uncategorized_text",
)


class DisputeNotFound(NotFound):
    code = "dispute_not_found"
    detail = "We can’t find that dispute."


class AnsweredAlready(Conflict):
    code = "answered_already"
    detail = "This dispute has been answered. What the bank was told can’t be changed."


class NothingToAnswer(Conflict):
    code = "nothing_to_answer"
    detail = "The bank doesn’t wait for an answer to this dispute."


@transaction.atomic
def send_evidence(
    *, dispute_id: UUID | str, evidence: Mapping[str, str], actor: str, now: datetime
) -> DisputeAnswer:
    """These words go to the bank, once. Raises Invalid, AnsweredAlready, NothingToAnswer."""
    said = {name: words.strip() for name, words in evidence.items() if words.strip()}
    _refuse_bad_evidence(said)
    return _decide(dispute_id, AnswerKind.EVIDENCE, evidence=said, actor=actor, now=now)


@transaction.atomic
def accept(*, dispute_id: UUID | str, note: str, actor: str, now: datetime) -> DisputeAnswer:
    """The money stays with the cardholder, for good. Raises Invalid, AnsweredAlready, NothingToAnswer."""
    if not note.strip() or len(note) > NOTE_LENGTH_MAX:
        raise Invalid(fields={"note": [f"Say why, in at most {NOTE_LENGTH_MAX:,} characters."]})
    return _decide(dispute_id, AnswerKind.ACCEPT, note=note, actor=actor, now=now)


def standing(dispute: Dispute) -> DisputeAnswer | None:
    """The answer that was given, or is on its way; one that never arrived is none."""
    return dispute.answers.exclude(status=AnswerStatus.FAILED).first()


def unfinished(answer_id: UUID) -> str:
    """Why a person may not close its journey by hand; "" when nothing stands against it."""
    if not DisputeAnswer.objects.get(pk=answer_id).is_open:
        return ""
    return "Nobody knows whether the bank has it. Look at the dispute at Stripe, then try this step again."


def audited(answer: DisputeAnswer, action: str, *, actor: str, now: datetime) -> None:
    audit.record(
        subject=f"payments.dispute:{answer.dispute_id}",
        action=action,
        actor=actor,
        reason=answer.note,
        after={
            "answer": str(answer.id),
            "kind": str(answer.kind),
            "status": str(answer.status),
            "fields": sorted(answer.evidence),
        },
        now=now,
    )


def _decide(
    dispute_id: UUID | str, kind: str, *, actor: str, now: datetime,
    evidence: Mapping[str, str] | None = None, note: str = "",
) -> DisputeAnswer:  # fmt: skip
    """The dispute's row is locked, so that of two people who answer one comes second and is refused."""
    rows = Dispute.objects.select_for_update(of=("self",), no_key=True)
    dispute = rows.filter(pk=dispute_id).first()
    if dispute is None:
        raise DisputeNotFound
    if standing(dispute) is not None:
        raise AnsweredAlready
    if not dispute.needs_answer:
        raise NothingToAnswer
    answer = DisputeAnswer.decide(
        dispute=dispute, kind=kind, evidence=evidence or {}, note=note, actor=actor, now=now
    )
    audited(answer, f"dispute.{kind}", actor=actor, now=now)
    engine.start(name=SAGA, subject_id=answer.id, data={}, now=now, in_background=True)
    return answer


def _refuse_bad_evidence(evidence: Mapping[str, str]) -> None:
    if not evidence:
        raise Invalid(fields={"": ["Say something to the bank: every box is empty."]})
    unknown = set(evidence) - set(FIELDS)
    if unknown:
        raise Invalid(fields={name: ["The bank has no such box."] for name in unknown})
    for name, words in evidence.items():
        if len(words) > FIELD_LENGTH_MAX:
            raise Invalid(fields={name: [f"Use at most {FIELD_LENGTH_MAX:,} characters."]})
    if sum(len(words) for words in evidence.values()) > EVIDENCE_LENGTH_MAX:
        raise Invalid(fields={"": [f"Use at most {EVIDENCE_LENGTH_MAX:,} characters in all."]})
