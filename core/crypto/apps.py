from django.apps import AppConfig


class CryptoConfig(AppConfig):
    name = "core.crypto"
    label = "crypto"
    verbose_name = "Encryption"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.crypto import checks, metrics  # noqa: F401
        from core.health import readings

        readings.register("crypto", metrics.read_key_uses)
