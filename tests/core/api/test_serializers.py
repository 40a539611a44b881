"""Input is taken literally."""

import pytest

from core.money import Money
from tests.core.doors import Order

GOOD = {
    "places": 2,
    "name": "Ann",
    "email": "ann@example.org",
    "consent": False,
    "price": {"amount": 9600, "currency": "GBP"},
    "ids": [1, 2],
    "attendees": [{"name": "Ann"}],
}


def refused(**changes) -> set[str]:
    order = Order(data={**GOOD, **changes})
    assert not order.is_valid()
    return set(order.errors)


class TestStrictSerializer:
    def test_takes_what_is_right(self):
        order = Order(data=GOOD)

        assert order.is_valid(), order.errors
        assert order.validated_data["price"] == Money(9600)

    @pytest.mark.parametrize("name", ["is_staff", "amount", "status", "user_id", "places "])
    def test_refuses_a_field_it_does_not_know(self, name):
        assert name in refused(**{name: 1})

    def test_refuses_one_in_a_nested_part(self):
        assert "attendees" in refused(attendees=[{"name": "Ann", "is_staff": True}])

    @pytest.mark.parametrize(
        "places",
        [1.0, 1.5, True, "1", "", [], {}, None, 10**400, -(2**53), float("nan"), 0, 25, -1],
    )
    def test_refuses_what_is_no_whole_number_in_bounds(self, places):
        assert refused(places=places) == {"places"}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", 5),
            ("name", True),
            ("name", ["x"]),
            ("name", "x" * 51),
            ("name", "a\x00b"),
            ("email", 1),
            ("email", "nobody"),
            ("consent", "true"),
            ("consent", 1),
            ("consent", "yes"),
            ("ids", [1, "2"]),
            ("ids", [True]),
            ("ids", "12"),
            ("attendees", {}),
        ],
    )
    def test_refuses_another_type(self, field, value):
        assert refused(**{field: value}) == {field}

    @pytest.mark.parametrize("data", [[], "x", 1, None])
    def test_refuses_what_is_no_object(self, data):
        assert not Order(data=data).is_valid()

    def test_lists_no_more_unknown_fields_than_a_reader_needs(self):
        order = Order(data={"places": 1} | {f"x{number}": 1 for number in range(1000)})

        assert not order.is_valid()
        assert len(order.errors) == 20


class TestMoneyField:
    @pytest.mark.parametrize(
        "price",
        [
            {"amount": 96.0, "currency": "GBP"},
            {"amount": "9600", "currency": "GBP"},
            {"amount": True, "currency": "GBP"},
            {"amount": -1, "currency": "GBP"},
            {"amount": 2**53, "currency": "GBP"},
            {"amount": float("nan"), "currency": "GBP"},
            {"amount": 9600, "currency": "EUR"},
            {"amount": 9600, "currency": "gbp"},
            {"amount": 9600, "currency": ["GBP"]},
            {"amount": 9600},
            {"amount": 9600, "currency": "GBP", "tax": 1},
            9600,
            "£96.00",
        ],
    )
    def test_refuses_what_is_not_our_money(self, price):
        assert refused(price=price) == {"price"}

    def test_shows_minor_units_and_currency(self):
        assert Order().fields["price"].to_representation(Money(9600)) == {
            "amount": 9600,
            "currency": "GBP",
        }
