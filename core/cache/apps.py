from django.apps import AppConfig


class CacheConfig(AppConfig):
    name = "core.cache"
    label = "cache"
    verbose_name = "Cache"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from core.cache import checks, watching  # noqa: F401

        connection_created.connect(watching.watch, dispatch_uid="core.cache.watching")
