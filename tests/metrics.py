"""What a reading says, as plain numbers."""

from collections.abc import Iterable

from prometheus_client import REGISTRY, Metric


def numbers(metrics: Iterable[Metric]) -> dict[str, float | dict[str, float]]:
    """By name; a metric with a label gives a number for each of its values."""
    return {metric.name: _of(metric) for metric in metrics}


def counted(name: str, **labels: str) -> float:
    """What this process has counted; 0 where it has not begun."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def _of(metric: Metric) -> float | dict[str, float]:
    if any(sample.labels for sample in metric.samples):
        return {next(iter(each.labels.values())): each.value for each in metric.samples}
    return metric.samples[0].value if metric.samples else float("nan")
