"""Money: whole minor units and a currency. No floats, no mixing of currencies, nothing lost in a division."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import total_ordering
from typing import Any

SYMBOLS = {"GBP": "£"}
MINOR_PER_MAJOR = 100


class CurrencyMismatch(TypeError):
    """Two currencies in one sum: a bug, never a customer's mistake."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount, which may be negative."""

    minor: int
    currency: str = "GBP"

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are whole numbers, not {type(self.minor).__name__}")

    @classmethod
    def zero(cls, currency: str = "GBP") -> "Money":
        return cls(0, currency)

    @classmethod
    def total(cls, amounts: "Iterable[Money]", currency: str = "GBP") -> "Money":
        """The sum of all, zero of `currency` when there are none."""
        return sum(amounts, cls(0, currency))

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.minor - self._minor_of(other), self.currency)

    def __mul__(self, count: int) -> "Money":
        if type(count) is not int:
            return NotImplemented
        return Money(self.minor * count, self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor < self._minor_of(other)

    def ratio(self, numerator: int, denominator: int) -> "Money":
        """This times a fraction, to the nearest minor unit; a half goes away from zero.

        Away from zero, so that a credit note mirrors its invoice to the penny.
        """
        if denominator <= 0:
            raise ValueError("the denominator must be positive")
        product = self.minor * numerator
        rounded = (2 * abs(product) + denominator) // (2 * denominator)
        return Money(rounded if product >= 0 else -rounded, self.currency)

    def allocate(self, parts: Sequence[int]) -> "list[Money]":
        """Shares in proportion to the weights `parts` that sum exactly to this.

        Each share is within one minor unit of its exact value; the units that are left over go to the
        largest remainders, and to the first of equals.
        """
        weights = list(parts)
        if not weights or min(weights) < 0 or sum(weights) == 0:
            raise ValueError("weights must be non-negative and not all zero")
        whole, total = abs(self.minor), sum(weights)
        shares = [whole * weight // total for weight in weights]
        remainders = [whole * weight % total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda index: -remainders[index])
        for index in by_remainder[: whole - sum(shares)]:
            shares[index] += 1
        sign = -1 if self.minor < 0 else 1
        return [Money(sign * share, self.currency) for share in shares]

    def split(self, count: int) -> "list[Money]":
        """`count` shares as equal as they can be."""
        return self.allocate([1] * count)

    def as_json(self) -> dict[str, Any]:
        return {"amount": self.minor, "currency": self.currency}

    def __str__(self) -> str:
        major, minor = divmod(abs(self.minor), MINOR_PER_MAJOR)
        sign = "−" if self.minor < 0 else ""
        symbol = SYMBOLS.get(self.currency, f"{self.currency} ")
        return f"{sign}{symbol}{major:,}.{minor:02d}"

    def _minor_of(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} don't mix")
        return other.minor
