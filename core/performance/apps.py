from django.apps import AppConfig


class PerformanceConfig(AppConfig):
    name = "core.performance"
    label = "performance"
    verbose_name = "Performance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        from core.performance import celery, collector

        if settings.MONITORING_ENABLED:
            celery.connect()
            collector.listen()
