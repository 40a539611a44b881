from django.apps import AppConfig


class TracingConfig(AppConfig):
    name = "core.tracing"
    label = "tracing"
    verbose_name = "Tracing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.tracing import celery, logs, reports

        logs.configure()
        celery.connect()
        reports.start()
