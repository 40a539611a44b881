"""What monitoring sees of encryption: how used up each key is, until a new one is due."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from core.crypto import usage


def read_key_uses(_now: datetime) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "crypto_key_seals", "At most so many values were sealed", labels=["key"]
    )
    for key_id, seals in usage.of_each_key().items():
        family.add_metric([key_id], seals)
    yield family
    limit = GaugeMetricFamily(
        "crypto_key_seals_alarm", "Change the key before it has sealed so many"
    )
    limit.add_metric([], usage.ALARM)
    yield limit
