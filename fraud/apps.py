from django.apps import AppConfig


class FraudConfig(AppConfig):
    name = "fraud"
    verbose_name = "Risk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.health import readings
        from fraud import checks, metrics, privacy  # noqa: F401
        from fraud.geography import checks as geography_checks  # noqa: F401

        metrics.connect()
        privacy.register()
        readings.register("reviews", metrics.backlog)
