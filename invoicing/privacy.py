"""Invoices and credit notes name their buyer and stay for their legal term, whatever is erased."""

from core.privacy.declared import KEEP, harmless, personal

LAW = "VAT Act 1994 sch. 11 para. 6 and HMRC notice 700/21; UK GDPR art. 17(3)(b)"
TERM = "6 years after the end of the accounting period"


def register() -> None:
    for model, fields in (("Document", "private"), ("File", "content")):
        personal(
            f"invoicing.{model}", fields, kept=TERM, then="deleted by the database's owner",
            erased=KEEP, why=LAW,
        )  # fmt: skip
    harmless("invoicing.Document", "seller lines content_hash", "us, courses and prices")
    harmless("invoicing.FileFailure", "error", "kinds of failure")
    harmless("invoicing.NumbersProof", "problems", "numbers")
