"""What places cost. Gross prices are the shown ones and stay exact; VAT is worked out of them, line by line."""

from typing import TypedDict

from core.money import Money

WHOLE_BP = 10_000


class Line(TypedDict):
    description: str
    quantity: int
    unit_gross_minor: int
    net_minor: int
    vat_rate_bp: int
    vat_minor: int
    gross_minor: int


def line(*, description: str, quantity: int, unit_gross: Money, vat_rate_bp: int) -> Line:
    """One line whose net and VAT add up to its gross to the penny."""
    gross = unit_gross * quantity
    vat = gross.ratio(vat_rate_bp, WHOLE_BP + vat_rate_bp)
    return Line(
        description=description,
        quantity=quantity,
        unit_gross_minor=unit_gross.minor,
        net_minor=(gross - vat).minor,
        vat_rate_bp=vat_rate_bp,
        vat_minor=vat.minor,
        gross_minor=gross.minor,
    )


def total(lines: list[Line]) -> Money:
    return Money.total(Money(each["gross_minor"]) for each in lines)
