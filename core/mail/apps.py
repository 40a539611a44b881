from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "core.mail"
    label = "mail"
    verbose_name = "Messages"
    default_auto_field = "django.db.models.BigAutoField"
