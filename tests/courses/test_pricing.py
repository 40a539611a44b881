import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Money
from courses import pricing


def line(quantity, unit, rate=2_000):
    return pricing.line(
        description="Course", quantity=quantity, unit_gross=Money(unit), vat_rate_bp=rate
    )


class TestLine:
    @pytest.mark.parametrize(
        ("quantity", "unit", "rate", "net", "vat"),
        [
            (1, 9_600, 2_000, 8_000, 1_600),
            (2, 9_600, 2_000, 16_000, 3_200),
            (12, 9_600, 2_000, 96_000, 19_200),
            (1, 27_000, 2_000, 22_500, 4_500),
            (1, 100, 2_000, 83, 17),
            (3, 100, 2_000, 250, 50),
            (1, 1, 2_000, 1, 0),
            (1, 3, 2_000, 2, 1),
            (5, 10_000, 1_900, 42_017, 7_983),
            (1, 9_600, 0, 9_600, 0),
            (4, 0, 2_000, 0, 0),
        ],
    )
    def test_works_vat_out_of_the_gross_price(self, quantity, unit, rate, net, vat):
        found = line(quantity, unit, rate)

        assert (found["net_minor"], found["vat_minor"]) == (net, vat)
        assert found["gross_minor"] == quantity * unit

    @given(
        st.integers(1, 12), st.integers(0, 10**9), st.sampled_from([0, 500, 1_900, 2_000, 10_000])
    )
    def test_always_adds_up(self, quantity, unit, rate):
        found = line(quantity, unit, rate)

        assert found["net_minor"] + found["vat_minor"] == found["gross_minor"]
        # Exact VAT is within half a penny: twice the difference, in whole numbers.
        exact = found["gross_minor"] * rate
        assert abs(2 * (found["vat_minor"] * (10_000 + rate) - exact)) <= 10_000 + rate


class TestTotal:
    def test_is_the_sum_of_what_was_shown(self):
        assert pricing.total([line(2, 9_600), line(1, 99)]) == Money(19_299)
