"""VAT to the penny, whatever the amounts and however a refund is cut up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing import tax

pennies = st.integers(min_value=1, max_value=5_000_00)
rates = st.sampled_from([0, 500, 1250, 2000, 1900])
lines = st.lists(
    st.builds(lambda g, r: tax.taxed(gross_minor=g, vat_rate_bp=r), pennies, rates),
    min_size=1,
    max_size=6,
)


class TestTaxed:
    @pytest.mark.parametrize(
        ("gross", "rate", "vat"),
        [
            (9600, 2000, 1600),
            (19200, 2000, 3200),
            (100, 2000, 17),
            (1, 2000, 0),
            (3, 2000, 1),  # exactly half a penny goes up
            (0, 2000, 0),
            (9600, 0, 0),
            (10000, 1900, 1597),
            (10500, 500, 500),
        ],
    )
    def test_works_vat_out_of_the_gross(self, gross, rate, vat):
        line = tax.taxed(gross_minor=gross, vat_rate_bp=rate)

        assert line.vat_minor == vat
        assert line.net_minor + line.vat_minor == gross

    def test_refuses_a_negative_line(self):
        with pytest.raises(ValueError, match="never negative"):
            tax.taxed(gross_minor=-1, vat_rate_bp=2000)

    @given(gross=st.integers(0, 10**9), rate=st.integers(0, 10_000))
    def test_is_within_half_a_penny_of_the_exact_vat(self, gross, rate):
        line = tax.taxed(gross_minor=gross, vat_rate_bp=rate)

        difference = line.vat_minor * (10_000 + rate) - gross * rate
        assert abs(2 * difference) <= 10_000 + rate
        assert 0 <= line.vat_minor <= gross


class TestCredit:
    def test_gives_a_whole_line_back_whole(self):
        sold = [tax.taxed(gross_minor=19200, vat_rate_bp=2000)]

        assert tax.credit(sold, taken=[(0, 0)], amount_minor=19200) == sold

    def test_spreads_a_part_over_the_lines_in_proportion(self):
        sold = [tax.taxed(gross_minor=g, vat_rate_bp=2000) for g in (6000, 3000)]

        parts = tax.credit(sold, taken=[(0, 0)] * 2, amount_minor=3000)

        assert [part.gross_minor for part in parts] == [2000, 1000]
        assert [part.vat_minor for part in parts] == [333, 167]

    @pytest.mark.parametrize("amount", [0, -1, 9601])
    def test_refuses_more_than_is_left_and_less_than_a_penny(self, amount):
        sold = [tax.taxed(gross_minor=9600, vat_rate_bp=2000)]

        with pytest.raises(tax.CreditExceedsInvoice):
            tax.credit(sold, taken=[(0, 0)], amount_minor=amount)

    def test_refuses_a_penny_after_the_last(self):
        sold = [tax.taxed(gross_minor=9600, vat_rate_bp=2000)]

        with pytest.raises(tax.CreditExceedsInvoice):
            tax.credit(sold, taken=[(9600, 1600)], amount_minor=1)

    @given(sold=lines, data=st.data())
    def test_parts_sum_to_the_whole_on_every_line(self, sold, data):
        parts = _cut_up(sold, data)

        for place, line in enumerate(sold):
            assert sum(part[place].gross_minor for part in parts) == line.gross_minor
            assert sum(part[place].vat_minor for part in parts) == line.vat_minor
            assert sum(part[place].net_minor for part in parts) == line.net_minor

    @given(sold=lines, data=st.data())
    def test_no_part_is_negative_or_more_than_its_line(self, sold, data):
        for part in _cut_up(sold, data):
            for money, line in zip(part, sold, strict=True):
                assert 0 <= money.vat_minor <= money.gross_minor <= line.gross_minor
                assert money.net_minor >= 0

    @given(sold=lines, data=st.data())
    def test_a_part_comes_to_what_was_asked(self, sold, data):
        whole = sum(line.gross_minor for line in sold)
        amount = data.draw(st.integers(1, whole))

        parts = tax.credit(sold, taken=[(0, 0)] * len(sold), amount_minor=amount)

        assert sum(part.gross_minor for part in parts) == amount


class TestByRate:
    def test_sums_each_rate_highest_first(self):
        sold = [
            tax.taxed(gross_minor=10500, vat_rate_bp=500),
            tax.taxed(gross_minor=9600, vat_rate_bp=2000),
            tax.taxed(gross_minor=4800, vat_rate_bp=2000),
        ]

        assert tax.by_rate(sold) == [
            tax.RateTotal(2000, 12000, 2400),
            tax.RateTotal(500, 10000, 500),
        ]


def _cut_up(sold, data):
    """The whole given back in as many parts as chance will have it, of which some come back in between."""
    parts: list[list[tax.Taxed]] = []
    left = sum(line.gross_minor for line in sold)
    while left:
        if len(parts) > 1 and left < 5_000_00 and data.draw(st.integers(0, 3)) == 0:
            gone = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
            left += sum(each.gross_minor for each in gone)
        smallest = max(1, left // 5)
        amount = data.draw(st.integers(smallest, left))
        parts.append(tax.credit(sold, taken=_sums(sold, parts), amount_minor=amount))
        left -= amount
    return parts


def _sums(sold, parts):
    return [
        (
            sum(part[place].gross_minor for part in parts),
            sum(part[place].vat_minor for part in parts),
        )
        for place in range(len(sold))
    ]
