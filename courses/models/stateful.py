"""A row that others lock before they change it: each step is one save with one line of its history."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models, transaction

from core.ids import uuid7
from core.tracing.propagation import trace_id
from courses.models import states


class HistoryRow(models.Model):
    """From, to, by whom, why, in which trace. Written once: the database refuses the rest."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    action = models.CharField(max_length=20)
    came_from = models.CharField(max_length=12, blank=True)
    went_to = models.CharField(max_length=12)
    cause = models.CharField(max_length=100, blank=True)
    actor = models.CharField(max_length=80, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.came_from or 'new'} → {self.went_to}"


class Stateful(models.Model):
    """Subclasses name their `machine`, their `history` model and the history's foreign key, `owner`."""

    machine: ClassVar[dict]
    history: ClassVar[type[HistoryRow]]
    owner: ClassVar[str]
    status: Any

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True

    def begin(self, *, now: dt.datetime, cause: str = "", actor: str = "system") -> None:
        with transaction.atomic():
            self.save(force_insert=True)
            self._tell("begin", "", now=now, cause=cause, actor=actor)

    def _step(
        self,
        action: str,
        *,
        now: dt.datetime,
        cause: str = "",
        actor: str = "system",
        **changes: Any,
    ) -> None:
        """The caller holds the row's lock, or its owner's. Raises WrongState where the table has no cell."""
        before = self.status
        changes["status"] = states.after(self.machine, before, action)
        for name, value in changes.items():
            setattr(self, name, value)
        with transaction.atomic():
            self.save(update_fields=list(changes))
            self._tell(action, before, now=now, cause=cause, actor=actor)

    def _tell(self, action: str, before: str, *, now: dt.datetime, cause: str, actor: str) -> None:
        self.history(
            **{self.owner: self}, action=action, came_from=before, went_to=self.status,
            cause=cause[:100], actor=actor[:80], trace_id=trace_id(), at=now,
        ).save(force_insert=True)  # fmt: skip
