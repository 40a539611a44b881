from django.apps import AppConfig, apps
from django.db.models.signals import pre_migrate


class DatabaseConfig(AppConfig):
    name = "core.database"
    label = "database"
    verbose_name = "Database"

    def ready(self) -> None:
        from core.database import checks, rights  # noqa: F401  # checks register themselves

        # The signal comes once for each app with models, all before the first migration: one of them is enough.
        pre_migrate.connect(
            rights.grant_by_default,
            sender=apps.get_app_config("contenttypes"),
            dispatch_uid="core.database.rights",
        )
