from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Money"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.health import readings
        from core.sagas.definition import register
        from payments import (  # noqa: F401  # checks register themselves
            checks,
            dispute_saga,
            health,
            metrics,
            privacy,
            refund_saga,
            sagas,
            stray_saga,
        )
        from payments.gateways import guards, stripe
        from payments.probe import metrics as probing

        guards.READS.probe = stripe.check
        register(sagas.PAYMENT)
        register(refund_saga.REFUND)
        register(stray_saga.STRAY_MONEY)
        register(dispute_saga.DISPUTE_ANSWER)
        self._subscribe()
        privacy.register()
        metrics.connect()
        health.connect()
        readings.register("payments", metrics.read_payments)
        readings.register("pay_page", probing.read_page_check)
        readings.register("refunds", metrics.read_refunds)
        readings.register("disputes", metrics.read_disputes)
        readings.register("webhooks", metrics.read_webhooks)

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
            (events.MoveNotMade, handlers.mail_not_moved),
            (events.LateMoneyReturned, handlers.mail_late_money),
            (events.StrayMoneyReturned, handlers.mail_stray_money),
            (events.RefundSucceeded, handlers.mail_refund),
            (events.BookingCalledOff, handlers.mail_called_off),
            (events.PaymentSucceeded, handlers.book_payment),
            (events.RefundSucceeded, handlers.book_refund),
            (events.RefundFailed, handlers.book_returned_refund),
        ):
            subscribe(event, handler, name=f"payments.{handler.__name__}")
