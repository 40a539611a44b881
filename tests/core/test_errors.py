"""Refusals carry a code, words, fields and more."""

import pytest

from core import errors


class SoldOut(errors.Conflict):
    code = "sold_out"
    detail = "These places have gone."


class TestRefusal:
    def test_has_the_words_of_its_class(self):
        assert SoldOut().detail == "These places have gone."
        assert SoldOut().code == "sold_out"

    def test_takes_other_words_fields_and_extras(self):
        refusal = SoldOut("One place left.", fields={"places": ["Too many."]}, places_left=1)

        assert refusal.detail == "One place left."
        assert refusal.fields == {"places": ["Too many."]}
        assert refusal.extra == {"places_left": 1}
        assert SoldOut.detail == "These places have gone."

    @pytest.mark.parametrize(
        ("kind", "family"),
        [
            (errors.Gone, errors.NotFound),
            (errors.PaymentDeclined, errors.Refused),
            (errors.TooMany, errors.Refused),
        ],
    )
    def test_kinds_belong_to_their_families(self, kind, family):
        assert issubclass(kind, family)
