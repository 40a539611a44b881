from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BackofficeConfig(AppConfig):
    name = "core.backoffice"
    label = "backoffice"
    verbose_name = "Back office"

    def ready(self) -> None:
        from core.backoffice import roles

        post_migrate.connect(roles.after_migrate, sender=self, dispatch_uid="backoffice.roles")
