"""What monitoring sees of the sagas: counters of their steps, and what has not ended."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min, Q
from prometheus_client import Counter, Histogram, Metric

from core.health.readings import age, gauge
from core.sagas.models import SagaRun
from core.sagas.states import OPEN, State

steps_total = Counter(
    "saga_steps", "Tries of steps, by how they ended", ["saga", "step", "direction", "outcome"]
)
step_seconds = Histogram(
    "saga_step_seconds",
    "How long a try of a step takes",
    ["saga", "step"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def step(run: SagaRun, name: str, outcome: str, duration_ms: int) -> None:
    steps_total.labels(run.name, name, run.direction, outcome).inc()
    step_seconds.labels(run.name, name).observe(duration_ms / 1000)


def backlog(now: datetime) -> Iterator[Metric]:
    """What has not ended, read from the rows."""
    unfinished = SagaRun.objects.filter(state__in=[*OPEN, State.NEEDS_ATTENTION])
    found = unfinished.aggregate(
        open=Count("id", filter=Q(state__in=OPEN)),
        attention=Count("id", filter=Q(state=State.NEEDS_ATTENTION)),
        due=Min("due_at", filter=Q(state__in=OPEN)),
    )
    yield gauge("saga_open_runs", "Not yet ended", found["open"])
    yield gauge("saga_attention_runs", "A person must look", found["attention"])
    yield gauge("saga_late_seconds", "By how much the most overdue one is", age(found["due"], now))
