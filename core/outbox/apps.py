from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "core.outbox"
    label = "outbox"
    verbose_name = "Outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.health import readings
        from core.outbox import checks, metrics  # noqa: F401

        readings.register("outbox", metrics.backlog)
