from django.apps import AppConfig


class BreakersConfig(AppConfig):
    name = "core.breakers"
    label = "breakers"
    verbose_name = "Circuit breakers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.breakers import fleet, synchroniser

        synchroniser.run(fleet.sync)
