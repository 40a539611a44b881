from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "core.mail"
    label = "mail"
    verbose_name = "Messages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.health import readings
        from core.mail import guards, line, metrics

        readings.register("mail", metrics.backlog)
        guards.MAIL.probe = lambda: guards.MAIL.call(line.check)
