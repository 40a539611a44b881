"""Numbers: gapless, one each, on the right day of the right year."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from invoicing import numbering
from invoicing.models import Counter

pytestmark = pytest.mark.django_db
SUMMER = datetime(2026, 7, 1, 12, tzinfo=UTC)


class TestTake:
    def test_counts_from_one(self):
        taken = [numbering.take(series="INV", now=SUMMER).label for _ in range(3)]

        assert taken == ["INV-2026-00001", "INV-2026-00002", "INV-2026-00003"]

    def test_keeps_series_apart(self):
        numbering.take(series="INV", now=SUMMER)

        assert numbering.take(series="CN", now=SUMMER).label == "CN-2026-00001"

    def test_gives_a_number_back_on_rollback(self):
        numbering.take(series="INV", now=SUMMER)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            numbering.take(series="INV", now=SUMMER)
            raise ZeroDivisionError

        assert numbering.take(series="INV", now=SUMMER).number == 2

    @pytest.mark.django_db(transaction=True)
    def test_refuses_to_be_taken_outside_a_transaction(self):
        with pytest.raises(transaction.TransactionManagementError):
            numbering.take(series="INV", now=SUMMER)

        assert not Counter.objects.exists()

    @pytest.mark.parametrize(
        ("moment", "year"),
        [
            (datetime(2026, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC), 2026),
            (datetime(2027, 1, 1, 0, 0, 0, tzinfo=UTC), 2027),
            (datetime(2027, 1, 1, 0, 30, tzinfo=UTC), 2027),
        ],
    )
    def test_changes_the_year_at_midnight_in_london(self, moment, year):
        numbering.take(series="INV", now=moment - timedelta(days=30))

        taken = numbering.take(series="INV", now=moment)

        assert (taken.year, taken.number) == (year, 2 if year == 2026 else 1)

    def test_never_dates_a_later_number_earlier(self):
        first = numbering.take(series="INV", now=SUMMER)

        behind = numbering.take(series="INV", now=SUMMER - timedelta(seconds=40))
        ahead = numbering.take(series="INV", now=SUMMER + timedelta(seconds=1))

        assert first.issued_at == behind.issued_at == SUMMER
        assert ahead.issued_at == SUMMER + timedelta(seconds=1)
