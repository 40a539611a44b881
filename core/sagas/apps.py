from django.apps import AppConfig


class SagasConfig(AppConfig):
    name = "core.sagas"
    label = "sagas"
    verbose_name = "Booking journeys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.health import readings
        from core.sagas import metrics

        readings.register("sagas", metrics.backlog)
