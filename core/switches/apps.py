from django.apps import AppConfig


class SwitchesConfig(AppConfig):
    name = "core.switches"
    label = "switches"
    verbose_name = "Switches"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.breakers import synchroniser
        from core.switches import memory

        synchroniser.also(memory.read_now_and_then)
