"""Money is exact: table of cases, and properties over any amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import CurrencyMismatch, Money

amounts = st.integers(min_value=-(10**12), max_value=10**12)
weights = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20).filter(any)


class TestMoney:
    @pytest.mark.parametrize("minor", [1.0, "1", True, None])
    def test_refuses_what_is_no_whole_number(self, minor):
        with pytest.raises(TypeError):
            Money(minor)

    def test_refuses_to_mix_currencies(self):
        for mix in (
            lambda: Money(1) + Money(1, "EUR"),
            lambda: Money(1) - Money(1, "EUR"),
            lambda: Money(1) < Money(1, "EUR"),
        ):
            with pytest.raises(CurrencyMismatch):
                mix()

    def test_refuses_a_fraction_as_a_factor(self):
        with pytest.raises(TypeError):
            Money(100) * 0.5

    def test_is_not_equal_in_another_currency(self):
        assert Money(1) != Money(1, "EUR")

    @pytest.mark.parametrize(
        ("money", "text"),
        [
            (Money(9600), "£96.00"),
            (Money(5), "£0.05"),
            (Money(123456789), "£1,234,567.89"),
            (Money(-250), "−£2.50"),
            (Money(100, "EUR"), "EUR 1.00"),
        ],
    )
    def test_reads_as_people_write_it(self, money, text):
        assert str(money) == text

    def test_is_amount_and_currency_in_json(self):
        assert Money(9600).as_json() == {"amount": 9600, "currency": "GBP"}

    def test_sums_none_to_zero(self):
        assert Money.total([]) == Money(0)
        assert Money.total([Money(1), Money(2)]) == Money(3)


class TestRatio:
    @pytest.mark.parametrize(
        ("minor", "numerator", "denominator", "expected"),
        [
            (9600, 1, 6, 1600),
            (100, 1, 3, 33),
            (200, 1, 3, 67),
            (5, 1, 2, 3),
            (-5, 1, 2, -3),
            (1, 1, 2, 1),
            (0, 7, 3, 0),
        ],
    )
    def test_rounds_a_half_away_from_zero(self, minor, numerator, denominator, expected):
        assert Money(minor).ratio(numerator, denominator) == Money(expected)

    @given(amounts, st.integers(0, 10**6), st.integers(1, 10**6))
    def test_is_within_half_a_unit(self, minor, numerator, denominator):
        result = Money(minor).ratio(numerator, denominator).minor

        assert abs(2 * result * denominator - 2 * minor * numerator) <= denominator

    @given(amounts, st.integers(0, 1000), st.integers(1, 1000))
    def test_mirrors_for_the_opposite_amount(self, minor, numerator, denominator):
        assert Money(-minor).ratio(numerator, denominator) == -Money(minor).ratio(
            numerator, denominator
        )


class TestAllocate:
    def test_gives_what_is_left_to_the_largest_remainders(self):
        assert Money(100).allocate([1, 1, 1]) == [Money(34), Money(33), Money(33)]
        assert Money(10).allocate([1, 2]) == [Money(3), Money(7)]

    @given(amounts, weights)
    def test_loses_nothing(self, minor, parts):
        shares = Money(minor).allocate(parts)

        assert Money.total(shares) == Money(minor)
        assert len(shares) == len(parts)

    @given(amounts, weights)
    def test_is_fair_within_one_unit(self, minor, parts):
        for share, weight in zip(Money(minor).allocate(parts), parts, strict=True):
            assert abs(share.minor * sum(parts) - minor * weight) < sum(parts)

    @pytest.mark.parametrize("parts", [[], [0, 0], [1, -1]])
    def test_refuses_weights_without_sense(self, parts):
        with pytest.raises(ValueError):
            Money(10).allocate(parts)
