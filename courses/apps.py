from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = "Training"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.outbox.events import subscribe
        from courses import checks, handlers  # noqa: F401  (checks register themselves)
        from courses.events import BookingConfirmed

        subscribe(BookingConfirmed, handlers.mail_confirmation, name="courses.mail_confirmation")
