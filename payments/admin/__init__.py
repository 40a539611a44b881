"""Money in the back office: lists to read, and two consoles that decide. The saga acts after the commit."""

from payments.admin import (
    disputes,
    finding,
    fraud_warnings,
    inbox,
    money_check,
    pay_page,
    payments,
    refunds,
    reports,
    reviews,
    session_cancelling,
    stray_money,
    today,
)

__all__ = [
    "disputes",
    "finding",
    "fraud_warnings",
    "inbox",
    "money_check",
    "pay_page",
    "payments",
    "refunds",
    "reports",
    "reviews",
    "session_cancelling",
    "stray_money",
    "today",
]
