"""Sealed values: what opens, and everything that must not."""

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crypto import keyring

PLACE = "customers|email|1"


def key(name: str, raw: bytes | None = None) -> str:
    return f"{name}:{base64.b64encode(raw or os.urandom(32)).decode()}"


@pytest.fixture
def old_and_new():
    old, new = key("old"), key("new")
    return keyring.parse(old), keyring.parse(f"{new},{old}"), keyring.parse(new)


class TestSeal:
    @given(st.binary(max_size=2000), st.text(max_size=100))
    def test_opens_to_what_was_sealed(self, plain, place):
        ring = keyring.ring()

        assert ring.open(ring.seal(plain, place), place) == plain

    def test_never_gives_the_same_ciphertext_twice(self):
        assert len({keyring.seal("same", PLACE) for _ in range(1000)}) == 1000

    def test_shows_nothing_of_the_text(self):
        assert b"ann@example.org" not in keyring.seal("ann@example.org", PLACE)


class TestOpen:
    def test_refuses_a_value_moved_to_another_place(self):
        sealed = keyring.seal("a", PLACE)

        for other in ("customers|email|2", "customers|phone|1", "attendees|email|1", ""):
            with pytest.raises(keyring.Tampered):
                keyring.open(sealed, other)

    def test_refuses_any_altered_bit(self):
        sealed = keyring.seal("attack at dawn", PLACE)

        for position in range(len(sealed)):
            altered = bytearray(sealed)
            altered[position] ^= 1
            with pytest.raises(keyring.Unreadable):
                keyring.open(bytes(altered), PLACE)

    @pytest.mark.parametrize(
        "junk", [b"", b"\x01", b"plain text", b"\x01\x05", b"\x01\xff" + b"a" * 60]
    )
    def test_refuses_what_was_never_sealed(self, junk):
        with pytest.raises(keyring.Tampered):
            keyring.open(junk, PLACE)

    def test_refuses_an_unknown_key(self, old_and_new):
        old, _both, new = old_and_new

        with pytest.raises(keyring.UnknownKey):
            new.open(old.seal(b"a", PLACE), PLACE)

    def test_reads_under_the_old_key_and_writes_under_the_new(self, old_and_new):
        old, both, new = old_and_new

        assert both.open(old.seal(b"a", PLACE), PLACE) == b"a"
        assert new.open(both.seal(b"b", PLACE), PLACE) == b"b"


class TestParse:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            " , ",
            "nocolon",
            "k1:not base64!",
            key("k1", b"short"),
            key("k1", b"\0" * 32),
            key("k 1"),
            key("x" * 40),
            f"{key('k1')},{key('k1')}",
        ],
        ids=[
            *("nothing", "only commas", "no colon", "not base64", "short", "all zeros"),
            *("a blank in the id", "a long id", "one id twice"),
        ],
    )
    def test_refuses_missing_and_weak_keys(self, text):
        with pytest.raises(keyring.BadKeys):
            keyring.parse(text)

    def test_refuses_one_key_under_two_ids(self):
        raw = os.urandom(32)

        with pytest.raises(keyring.BadKeys):
            keyring.parse(f"{key('a', raw)},{key('b', raw)}")

    def test_never_shows_a_key(self):
        raw = os.urandom(32)
        encoded = base64.b64encode(raw).decode()

        assert encoded not in repr(keyring.parse(key("k1", raw)))
        with pytest.raises(keyring.BadKeys) as refusal:
            keyring.parse(f"k1:{encoded},k1:{encoded}")
        assert encoded not in str(refusal.value)
