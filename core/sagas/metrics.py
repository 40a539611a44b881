"""What monitoring sees of the sagas. The gauges are the last sweep's reading."""

from datetime import datetime

from django.db.models import Count, Min, Q
from prometheus_client import Counter, Gauge, Histogram

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
open_runs = Gauge("saga_open_runs", "Not yet ended", multiprocess_mode="mostrecent")
attention_runs = Gauge("saga_attention_runs", "A person must look", multiprocess_mode="mostrecent")
late_seconds = Gauge(
    "saga_late_seconds",
    "How long the most overdue run should have moved",
    multiprocess_mode="mostrecent",
)


def step(run: SagaRun, name: str, outcome: str, duration_ms: int) -> None:
    steps_total.labels(run.name, name, run.direction, outcome).inc()
    step_seconds.labels(run.name, name).observe(duration_ms / 1000)


def read_backlog(*, now: datetime) -> None:
    """Set the gauges from the rows."""
    unfinished = SagaRun.objects.filter(state__in=[*OPEN, State.NEEDS_ATTENTION])
    backlog = unfinished.aggregate(
        open=Count("id", filter=Q(state__in=OPEN)),
        attention=Count("id", filter=Q(state=State.NEEDS_ATTENTION)),
        due=Min("due_at", filter=Q(state__in=OPEN)),
    )
    open_runs.set(backlog["open"])
    attention_runs.set(backlog["attention"])
    late_seconds.set(max(0, (now - backlog["due"]).total_seconds()) if backlog["due"] else 0)
