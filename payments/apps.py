from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Money"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.sagas.definition import register
        from payments import checks, refund_saga, sagas, stray_saga  # noqa: F401  # checks register themselves

        register(sagas.PAYMENT)
        register(refund_saga.REFUND)
        register(stray_saga.STRAY_MONEY)
        self._subscribe()

    def _subscribe(self) -> None:
        from core.outbox.events import subscribe
        from fraud.events import ReviewDecided, ReviewIsLate
        from payments import events, handlers

        for event, handler in (
            (ReviewDecided, handlers.resume_after_review),
            (ReviewIsLate, handlers.tell_approvers),
            (events.PaymentUnderReview, handlers.mail_being_checked),
            (events.ReviewPostponed, handlers.mail_postponed),
            (events.PaymentDeclinedByReview, handlers.mail_not_confirmed),
            (events.LateMoneyReturned, handlers.mail_late_money),
            (events.StrayMoneyReturned, handlers.mail_stray_money),
            (events.RefundSucceeded, handlers.mail_refund),
        ):
            subscribe(event, handler, name=f"payments.{handler.__name__}")
