"""Names that are unique, sortable, readable, or unguessable."""

import re
from concurrent.futures import ThreadPoolExecutor

from core import ids


class TestUuid7:
    def test_is_version_7_of_the_rfc(self):
        made = ids.uuid7()

        assert made.version == 7
        assert made.variant == "specified in RFC 4122"

    def test_sorts_by_the_time_of_making(self):
        made = [ids.uuid7() for _ in range(10_000)]

        assert made == sorted(made)

    def test_is_unique_over_threads(self):
        with ThreadPoolExecutor(8) as threads:
            made = list(threads.map(lambda _: ids.uuid7(), range(20_000)))

        assert len(set(made)) == 20_000


class TestReference:
    def test_has_no_look_alikes(self):
        for _ in range(500):
            assert re.fullmatch(r"RFT-[34679ACDEFGHJKMNPQRTUVWXY]{6}", ids.reference())


class TestSecretToken:
    def test_is_32_characters_that_a_url_takes(self):
        assert re.fullmatch(r"[A-Za-z0-9_-]{32}", ids.secret_token())

    def test_never_repeats(self):
        assert len({ids.secret_token() for _ in range(10_000)}) == 10_000
