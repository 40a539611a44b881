"""A review whose decision is quicker than its payment's saga."""

from datetime import timedelta

import pytest

from core.sagas.walk import Walk
from fraud.services import reviews
from payments.models import PaymentStatus
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What a `kill -9` looks like from inside."""


class TestDecidedBeforeTheSagaIsTakenUp:
    @pytest.mark.parametrize(
        ("decision", "reason", "becomes"),
        [
            ("approve", "spoke_to_customer", PaymentStatus.SUCCEEDED),
            ("decline", "not_confirmed", PaymentStatus.CANCELLED),
        ],
    )
    def test_is_carried_out_at_once(
        self, sandbox, now, monkeypatch, settings, decision, reason, becomes
    ):
        settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101
        booking = make.ready(now=now)

        def die(*_args, **_order):
            raise Killed

        with monkeypatch.context() as killed, pytest.raises(Killed):
            killed.setattr(Walk, "_park", die)
            make.pay(booking, sandbox, now=now)
        payment = make.latest(booking)
        case = reviews.ReviewCase.objects.get()
        reviews.decide(case_id=case.id, decision=decision, reason=reason, actor="staff:1", now=now)
        drain_outbox()

        make.drive(payment, now=now + timedelta(seconds=40))

        payment.refresh_from_db()
        assert payment.status == becomes
