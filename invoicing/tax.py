"""VAT, exact to the penny, by line: the price that the customer saw never changes ("stable gross").

Pure. The VAT in a line is its gross times rate / (100 % + rate), half a penny up; net is what remains. Parts of a
refund, in any sizes and any number, sum to the line: its gross, its VAT and its net.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import Invalid

BASIS_POINTS = 10_000


class CreditExceedsInvoice(Invalid):
    """More was to be credited than the invoice still stands for."""

    code = "credit_exceeds_invoice"
    detail = "That is more than is left of the invoice."


@dataclass(frozen=True, slots=True)
class Taxed:
    """One line's money: gross holds the VAT."""

    gross_minor: int
    vat_minor: int
    vat_rate_bp: int

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.vat_minor


@dataclass(frozen=True, slots=True)
class RateTotal:
    """What all lines of one rate come to."""

    vat_rate_bp: int
    net_minor: int
    vat_minor: int


def taxed(*, gross_minor: int, vat_rate_bp: int) -> Taxed:
    """The line's VAT, worked out of its gross."""
    if gross_minor < 0 or vat_rate_bp < 0:
        raise ValueError("a line and its rate are never negative")
    vat = _nearest(gross_minor * vat_rate_bp, BASIS_POINTS + vat_rate_bp)
    return Taxed(gross_minor=gross_minor, vat_minor=vat, vat_rate_bp=vat_rate_bp)


def credit(
    lines: Sequence[Taxed], *, taken: Sequence[tuple[int, int]], amount_minor: int
) -> list[Taxed]:
    """`amount_minor` spread over what is left of each line, in proportion; one entry for each line.

    `taken` is the gross and the VAT that other parts have of each line, in whatever order they came and went. The VAT
    of a part is that of all parts together less what the others have, and never negative or more than the part: so
    the last part brings exactly what is missing. Raises CreditExceedsInvoice.
    """
    left = [line.gross_minor - gross for line, (gross, _) in zip(lines, taken, strict=True)]
    if not 0 < amount_minor <= sum(left):
        raise CreditExceedsInvoice()
    parts = _in_proportion(left, amount_minor)
    return [_part(*each) for each in zip(lines, taken, parts, strict=True)]


def by_rate(lines: Sequence[Taxed]) -> list[RateTotal]:
    """Totals of each VAT rate, highest rate first."""
    rates = sorted({line.vat_rate_bp for line in lines}, reverse=True)
    return [
        _rate_total(rate, [line for line in lines if line.vat_rate_bp == rate]) for rate in rates
    ]


def _part(line: Taxed, taken: tuple[int, int], gross: int) -> Taxed:
    gross_before, vat_before = taken
    missing = _vat_of_first(line, gross_before + gross) - vat_before
    vat = min(max(missing, 0), gross)
    return Taxed(gross_minor=gross, vat_minor=vat, vat_rate_bp=line.vat_rate_bp)


def _vat_of_first(line: Taxed, gross: int) -> int:
    return _nearest(line.vat_minor * gross, line.gross_minor) if gross else 0


def _in_proportion(weights: Sequence[int], amount: int) -> list[int]:
    """Shares that sum to `amount`, none above its weight; pennies left over go to the largest remainders."""
    whole = sum(weights)
    shares = [amount * weight // whole for weight in weights]
    remainders = [amount * weight % whole for weight in weights]
    for index in sorted(range(len(weights)), key=lambda i: -remainders[i])[: amount - sum(shares)]:
        shares[index] += 1
    return shares


def _rate_total(rate: int, lines: Sequence[Taxed]) -> RateTotal:
    return RateTotal(
        rate, sum(line.net_minor for line in lines), sum(line.vat_minor for line in lines)
    )


def _nearest(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
