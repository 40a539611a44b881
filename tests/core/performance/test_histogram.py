"""Percentiles from buckets: close to the true ones, whatever the values."""

import random

import pytest

from core.performance import histogram


def counted(values):
    counts: dict[int, int] = {}
    for value in values:
        bucket = histogram.bucket_of(value)
        counts[bucket] = counts.get(bucket, 0) + 1
    return counts


class TestBucketOf:
    @pytest.mark.parametrize("value", [0.3, 1, 7.7, 99, 412, 15_000, 110_000])
    def test_holds_its_value(self, value):
        bucket = histogram.bucket_of(value)

        assert histogram.lower_edge(bucket) < value <= histogram.upper_edge(bucket)

    @pytest.mark.parametrize(("value", "bucket"), [(0, 0), (-1, 0), (0.25, 0), (10**9, 79)])
    def test_keeps_what_is_beyond_in_the_last(self, value, bucket):
        assert histogram.bucket_of(value) == bucket


class TestPercentile:
    @pytest.mark.parametrize("share", [0.5, 0.75, 0.95, 0.99])
    def test_is_within_nine_percent(self, share):
        source = random.Random(7)
        values = sorted(source.lognormvariate(4, 1) for _ in range(5000))

        found = histogram.percentile(counted(values), share)

        assert found == pytest.approx(values[int(share * len(values))], rel=0.09)

    def test_of_nothing_is_zero(self):
        assert histogram.percentile({}, 0.95) == 0


class TestShareWithin:
    def test_counts_whole_buckets(self):
        assert histogram.share_within(counted([10, 10, 10, 500]), 100) == 0.75


class TestDense:
    def test_has_one_number_for_each_bucket(self):
        assert len(histogram.dense({3: 4})) == histogram.BUCKETS
        assert histogram.dense({3: 4})[3] == 4
