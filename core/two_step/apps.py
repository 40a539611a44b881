from django.apps import AppConfig


class TwoStepConfig(AppConfig):
    name = "core.two_step"
    label = "two_step"
    verbose_name = "Two-step sign-in"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.two_step import checks, sessions  # noqa: F401
