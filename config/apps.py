"""Makes every Django process know the broker, so that whoever commits can nudge a worker."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    name = "config"
    verbose_name = "Wiring"

    def ready(self) -> None:
        from config import celery  # noqa: F401
