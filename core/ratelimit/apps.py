from django.apps import AppConfig


class RatelimitConfig(AppConfig):
    name = "core.ratelimit"
    label = "ratelimit"
    verbose_name = "Rate limits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.ratelimit import checks, sign_ins  # noqa: F401
