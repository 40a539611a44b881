"""Money in the back office: lists to read, and two consoles that decide. The saga acts after the commit."""

from payments.admin import disputes, inbox, payments, refunds, reviews, stray_money, today

__all__ = ["disputes", "inbox", "payments", "refunds", "reviews", "stray_money", "today"]
