"""Invoices and credit notes in the back office: a list to read, a console that corrects by new paper, a proof."""

from invoicing.admin import documents, proof, reports

__all__ = ["documents", "proof", "reports"]
