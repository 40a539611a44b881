"""Killed at a named place, brought back, left to itself: the customer's matter ends well and no invariant is broken.

`make test` runs the short form, `make chaos` all of it.
"""

import os

import pytest
from django.conf import settings

from core import clock
from courses.models import Booking
from fraud import selectors as fraud
from fraud.services import reviews
from payments.models import Payment, Refund
from payments.services import refunds
from tests.chaos.customer import Customer
from tests.chaos.house import House
from tests.chaos.scenarios import Scenario, chosen
from tests.payments import make

pytestmark = pytest.mark.chaos
EVERYTHING = os.environ.get("CHAOS") == "all"
ANSWERED = {201, 409}


@pytest.mark.parametrize("scenario", chosen(everything=EVERYTHING), ids=lambda each: each.name)
def test_killed(house: House, scenario: Scenario):
    customer = _customer_with_a_hold(house)
    match scenario.deed:
        case "pay":
            customer.take_card("pm_card_visa")
            house.arm(scenario.part, scenario.point)
            customer.pay()
        case "decline":
            payment = _paid(house, customer, card="pm_card_riskLevelHighest")
            house.arm(scenario.part, scenario.point)
            _decline(payment)
        case "give back":
            payment = _paid(house, customer, card="pm_card_visa")
            house.arm(scenario.part, scenario.point)
            _give_back(payment)

    house.wait_for_crash(scenario.point)
    house.bring_back(scenario.part)
    if scenario.deed == "pay":
        assert customer.pay() in ANSWERED
    house.come_to_rest()

    _check_the_ending(scenario, customer)
    assert house.broken_invariants() == []


def _customer_with_a_hold(house: House) -> Customer:
    sandbox = house.stack.sandbox
    session = make.session(now=clock.now())
    customer = Customer(house.stack.url, sandbox.base_url, settings.STRIPE_SECRET_KEY)
    customer.hold(str(session.pk))
    return customer


def _paid(house: House, customer: Customer, *, card: str) -> Payment:
    """Paid for, or waiting for a person's decision."""
    customer.take_card(card)
    assert customer.pay() == 201
    house.come_to_rest()
    return Payment.objects.get()


def _decline(payment: Payment) -> None:
    case = fraud.case_of(payment.id)
    assert case is not None
    reviews.decide(
        case_id=case.id,
        decision="decline",
        reason="not_confirmed",
        actor="staff:1",
        now=clock.now(),
    )


def _give_back(payment: Payment) -> None:
    refunds.request(
        payment_id=payment.id,
        amount_minor=payment.captured_minor,
        reason="goodwill",
        note="",
        cancel_places=False,
        actor="staff:1",
        now=clock.now(),
    )


def _check_the_ending(scenario: Scenario, customer: Customer) -> None:
    booking = customer.booking()
    captured = sum(payment.captured_minor for payment in Payment.objects.all())
    total = Booking.objects.get().total.minor
    match scenario.deed:
        case "pay":
            assert (booking["status"], captured) == ("confirmed", total)
        case "decline":
            assert (booking["status"], captured) == ("cancelled", 0)
        case "give back":
            refund = Refund.objects.get()
            assert (refund.status, refund.amount_minor) == ("succeeded", total)
