from django.apps import AppConfig


class InvariantsConfig(AppConfig):
    name = "core.invariants"
    label = "invariants"
    verbose_name = "Invariants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.health import readings
        from core.invariants import watching

        readings.register("invariants", watching.read)
