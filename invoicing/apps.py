from django.apps import AppConfig


class InvoicingConfig(AppConfig):
    name = "invoicing"
    verbose_name = "Invoices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.health import readings
        from core.outbox.events import subscribe
        from invoicing import emails, followers, handlers, metrics, privacy
        from invoicing.events import DocumentIssued
        from invoicing.services import crediting
        from payments.events import PaymentSucceeded, RefundSucceeded
        from payments.services import refund_quotes

        subscribe(PaymentSucceeded, handlers.issue_invoice, name="invoicing.issue_invoice")
        subscribe(RefundSucceeded, handlers.issue_credit_note, name="invoicing.issue_credit_note")
        subscribe(DocumentIssued, handlers.mail_document, name="invoicing.mail_document")
        emails.register()
        followers.register()
        refund_quotes.credited_by(crediting.decide)
        metrics.connect()
        privacy.register()
        readings.register("invoices", metrics.read)
