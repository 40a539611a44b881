"""A start without good secrets is refused."""

import pytest

from core.crypto import checks


class TestEncryptionKey:
    def test_is_fine_as_the_tests_have_it(self):
        assert checks.encryption_key() == []

    @pytest.mark.parametrize("value", ["", "k1:AAAA", "k1:" + "A" * 43 + "="])
    def test_refuses_missing_and_weak_ones(self, settings, value):
        settings.ENCRYPTION_KEY = value

        (error,) = checks.encryption_key()
        assert error.id == "core.E041"
        assert error.hint
        assert not value or value not in error.msg


class TestHashSalt:
    def test_is_fine_as_the_tests_have_it(self):
        assert checks.hash_salt() == []

    @pytest.mark.parametrize("value", ["", "short", "a" * 64])
    def test_refuses_missing_and_weak_ones(self, settings, value):
        settings.HASH_SALT = value

        assert [error.id for error in checks.hash_salt()] == ["core.E042"]

    def test_refuses_a_secret_that_serves_something_else(self, settings):
        settings.HASH_SALT = settings.SECRET_KEY

        assert [error.id for error in checks.hash_salt()] == ["core.E042"]
