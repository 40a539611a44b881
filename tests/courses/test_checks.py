import pytest

from courses import checks


class TestRulesOfBooking:
    def test_accepts_the_defaults(self):
        assert checks.rules_of_booking() == []

    @pytest.mark.parametrize("name", sorted(checks.AT_LEAST))
    def test_refuses_what_can_not_work(self, settings, name):
        setattr(settings, name, checks.AT_LEAST[name] - 1)

        (error,) = checks.rules_of_booking()

        assert error.id == "courses.E001"
        assert name in error.msg
        assert error.hint
