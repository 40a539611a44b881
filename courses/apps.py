from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = "Training"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.cache import warming as cache_warming
        from core.health import readings
        from core.outbox.events import subscribe
        from courses import checks, handlers, metrics, privacy, warming  # noqa: F401  (checks register themselves)
        from courses.events import (
            BookingConfirmed,
            BookingMoved,
            WaitingListChanged,
            WorkplaceEnquiryMade,
        )

        subscribe(BookingConfirmed, handlers.mail_confirmation, name="courses.mail_confirmation")
        subscribe(WorkplaceEnquiryMade, handlers.mail_enquiry, name="courses.mail_enquiry")
        subscribe(BookingMoved, handlers.mail_moved, name="courses.mail_moved")
        subscribe(WaitingListChanged, handlers.mail_waiting_list, name="courses.mail_waiting_list")
        metrics.connect()
        privacy.register()
        readings.register("bookings", metrics.read)
        shop_window = ("courses", "places", "pages", "answers")
        cache_warming.register("catalogue", warming.catalogue, families=shop_window)
