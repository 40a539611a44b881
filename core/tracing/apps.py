from django.apps import AppConfig


class TracingConfig(AppConfig):
    name = "core.tracing"
    label = "tracing"
    verbose_name = "Tracing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.tracing import celery, checks, logs, metrics, reports, valkey  # noqa: F401

        logs.configure()
        celery.connect()
        valkey.connect()
        reports.start()
