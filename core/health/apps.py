from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "core.health"
    label = "health"
    verbose_name = "Health"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.health import checks

        checks.register("database", checks.database)
        checks.register("cache", checks.cache)
        checks.register("broker", checks.broker)
        checks.register("limits", checks.limits)
