"""Milliseconds in 80 buckets, each a quarter of an octave wide: any percentile within 9 %, at a fixed size. Pure."""

from collections.abc import Mapping, Sequence
from math import ceil, log2

BUCKETS = 80
FIRST_MS = 0.25
_PER_OCTAVE = 4


def bucket_of(milliseconds: float) -> int:
    """From 0.25 ms to four minutes; what is beyond counts in the first or the last."""
    if milliseconds <= FIRST_MS:
        return 0
    return min(BUCKETS - 1, ceil(log2(milliseconds / FIRST_MS) * _PER_OCTAVE))


def lower_edge(bucket: int) -> float:
    return 0.0 if bucket == 0 else FIRST_MS * 2 ** ((bucket - 1) / _PER_OCTAVE)


def upper_edge(bucket: int) -> float:
    return FIRST_MS * 2 ** (bucket / _PER_OCTAVE)


def percentile(counts: Mapping[int, int], share: float) -> float:
    """The milliseconds that `share` of all stay under, interpolated inside the bucket; 0 where nothing was counted."""
    total = sum(counts.values())
    if not total:
        return 0.0
    wanted, passed = share * total, 0
    for bucket in sorted(counts):
        if passed + counts[bucket] >= wanted:
            inside = (wanted - passed) / counts[bucket]
            return lower_edge(bucket) + inside * (upper_edge(bucket) - lower_edge(bucket))
        passed += counts[bucket]
    return upper_edge(max(counts))


def share_within(counts: Mapping[int, int], milliseconds: float) -> float:
    """Which part stayed within this, whole buckets only."""
    total = sum(counts.values())
    limit = bucket_of(milliseconds)
    return sum(number for bucket, number in counts.items() if bucket <= limit) / max(1, total)


def dense(counts: Mapping[int, int]) -> Sequence[int]:
    """As the database keeps it: one number for each bucket."""
    return [counts.get(bucket, 0) for bucket in range(BUCKETS)]
