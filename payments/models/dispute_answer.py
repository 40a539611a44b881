"""What we say to a cardholder's bank about one dispute: evidence, or that we give in. Decided once, sent once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from core.crypto.fields import SealedJSONField, SealedTextField

from .dispute import Dispute
from .payment import SYSTEM
from .stateful import HistoryRow, Stateful
from .states import ANSWER, AnswerStatus
from .unknown import UnknownOutcome


class AnswerKind(models.TextChoices):
    EVIDENCE = "evidence", "Evidence"
    ACCEPT = "accept", "The loss is accepted"


class DisputeAnswerTransition(HistoryRow):
    answer = models.ForeignKey(
        "payments.DisputeAnswer", on_delete=models.PROTECT, related_name="transitions"
    )


class DisputeAnswer(UnknownOutcome, Stateful):
    """One that failed was never at the bank: another may follow it. Else there is one for each dispute."""

    machine = ANSWER
    history = DisputeAnswerTransition
    history_column = "answer_id"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="answers")
    kind = models.CharField(max_length=10, choices=AnswerKind)
    evidence = SealedJSONField(default=dict)
    note = SealedTextField(blank=True, default="")
    decided_by = models.CharField(max_length=150)
    operation_id = models.CharField(max_length=64, unique=True)
    failure_code = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=AnswerStatus.values), name="payments_disputeanswer_status"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AnswerKind.values), name="payments_disputeanswer_kind"
            ),
            models.UniqueConstraint(
                fields=["dispute"],
                condition=~Q(status=AnswerStatus.FAILED),
                name="payments_disputeanswer_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_status_display().lower()}"

    def get_status_display(self) -> str:
        return AnswerStatus(self.status).label

    @classmethod
    def decide(
        cls, *, dispute: Dispute, kind: str, evidence: Mapping[str, str], note: str, actor: str,
        now: datetime,
    ) -> "DisputeAnswer":  # fmt: skip
        answer = cls(
            dispute=dispute, kind=kind, evidence=dict(evidence), note=note, decided_by=actor,
            status=AnswerStatus.DECIDED, created_at=now,
        )  # fmt: skip
        answer.operation_id = f"answer-{answer.id}"
        answer._begin(actor=actor, cause=kind, now=now)
        return answer

    def send(self, *, now: datetime) -> None:
        self._move("send", actor=SYSTEM, cause="to the gateway", now=now)

    def succeed(self, *, now: datetime) -> None:
        self._move("succeed", actor="gateway", cause="sent", now=now)

    def fail(self, *, code: str, now: datetime) -> None:
        self._move("fail", actor="gateway", cause=code, now=now, failure_code=code[:64])

    def lose_sight(self, *, cause: str, due_at: datetime | None, now: datetime) -> None:
        facts: dict[str, Any] = self._out_of_sight(due_at=due_at, now=now)
        self._move("lose_sight", actor=SYSTEM, cause=cause, now=now, **facts)

    @property
    def is_open(self) -> bool:
        """Nobody can say yet whether it is at the bank."""
        return self.status not in (AnswerStatus.SENT, AnswerStatus.FAILED)
