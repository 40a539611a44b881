"""Blind indexes find what is the same to a person, and nothing else."""

from core.crypto.index import blind_index


class TestBlindIndex:
    def test_is_64_hex_digits(self):
        assert len(blind_index("a", "email")) == 64

    def test_is_the_same_for_case_space_and_width(self):
        same = {"Ann@Example.org", " ann@example.org ", "ANN@EXAMPLE.ORG", "ａｎｎ@example.org"}

        assert len({blind_index(value, "email") for value in same}) == 1

    def test_differs_by_value_and_by_purpose(self):
        assert blind_index("a", "email") != blind_index("b", "email")
        assert blind_index("a", "email") != blind_index("a", "phone")

    def test_depends_on_the_salt(self, settings):
        before = blind_index("a", "email")
        settings.HASH_SALT = "another salt that is long enough to be one"

        assert blind_index("a", "email") != before

    def test_survives_a_new_encryption_key(self, settings):
        before = blind_index("a", "email")
        settings.ENCRYPTION_KEY = "k2:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

        assert blind_index("a", "email") == before
