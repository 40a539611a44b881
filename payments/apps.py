from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Money"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.outbox.events import subscribe
        from core.sagas.definition import register
        from fraud.events import ReviewDecided
        from payments import handlers, sagas

        register(sagas.PAYMENT)
        register(sagas.REFUND)
        subscribe(ReviewDecided, handlers.resume_after_review, name="payments.resume_after_review")
