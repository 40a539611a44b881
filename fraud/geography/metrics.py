"""What monitoring sees of the country data: its age is now less this."""

from prometheus_client import Gauge

built_at = Gauge(
    "fraud_geoip_built_timestamp_seconds",
    "When the file of countries in use was built",
    multiprocess_mode="mostrecent",
)
