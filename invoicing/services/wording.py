"""What is copied into a document at issue: seller, buyer, card and lines, in the words that it will say."""

from typing import Any

from django.conf import settings

from core import formats
from invoicing import tax

TRADING_NAME = "React Fast Training"


def seller() -> dict[str, Any]:
    """Who sells, as the settings say today."""
    return {
        "trading_name": TRADING_NAME,
        "name": settings.SELLER_NAME,
        "address": lines_of(settings.SELLER_ADDRESS),
        "vat_number": settings.SELLER_VAT,
        "company_number": settings.SELLER_COMPANY_NUMBER,
        "phone": settings.OFFICE_PHONE,
    }


def private(*, customer: Any, booking: Any, payment: Any) -> dict[str, Any]:
    """What is personal: kept sealed."""
    address = [*lines_of(customer.address), customer.postcode]
    return {
        "buyer": [part for part in (customer.company, customer.name, *address) if part.strip()],
        "email": customer.email,
        "purchase_order": booking.purchase_order,
        "method": method(payment.card_brand, payment.card_last4),
    }


def method(brand: str, last4: str) -> str:
    """Visa ending 4242."""
    name = {"amex": "American Express", "unionpay": "UnionPay", "jcb": "JCB"}.get(
        brand, brand.title() or "card"
    )
    return f"{name} ending {last4}" if last4 else name


def session_detail(session: Any) -> str:
    """Tuesday 15 December 2026, Harehills Community Hall, Leeds."""
    first, last = formats.local_date(session.starts_at), formats.local_date(session.ends_at)
    return f"{formats.date_range(first, last)}, {session.venue.name}, {session.venue.town}"


def credit_words(line: dict[str, Any], part: tax.Taxed) -> dict[str, Any]:
    """A line that is given back whole says how many; a part of one only says that it is a part."""
    whole = part.gross_minor == line["gross_minor"]
    return {
        "description": line["description"],
        "detail": line["detail"] if whole else f"Part of {line['detail']}",
        "quantity": line["quantity"] if whole else None,
        "unit_gross_minor": line["unit_gross_minor"],
    }


def lines_of(address: str) -> list[str]:
    """An address typed in one box or on one line, a line for each part."""
    return [
        part.strip() for line in address.splitlines() for part in line.split(",") if part.strip()
    ]
