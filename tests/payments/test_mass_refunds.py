"""A date that we called off and whose customers all take the money: killed at any item, each gets it back once.

`MASS_REFUNDS=300 python -m pytest tests/payments/test_mass_refunds.py` does it with as many.
"""

import os
import random

import pytest

from core.crashpoints import Crashed
from core.sagas import engine
from core.sagas.models import SagaRun
from payments.models import CalledOffBooking, Payment, Refund
from payments.services import refunds, session_cancelling
from tests.breakers import forget_breakers
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db
MANY = int(os.environ.get("MASS_REFUNDS", "30"))
KILLS = 20 if MANY > 100 else 6
POINTS = ("CP02", "CP03", "CP04", "CP11", "CP16", "CP17")


@pytest.fixture
def choosing(sandbox, now):
    session = make.session(now=now, days_ahead=5, capacity=2 * MANY)
    for _ in range(MANY):
        make.pay(make.ready(now=now, on=session), sandbox, now=now)
    session_cancelling.begin(
        session_id=session.pk, reason="too_few", note="", actor="staff:7", now=now
    )
    while session_cancelling.settle_due(clock=lambda: now):
        pass
    drain_outbox()
    return list(CalledOffBooking.objects.values_list("booking_id", flat=True))


class TestMassRefunds:
    def test_killed_anywhere_each_goes_back_exactly_once(
        self, sandbox, now, choosing, monkeypatch, tmp_path
    ):
        for booking_id in choosing:
            session_cancelling.give_back(booking_id=booking_id, actor="customer", now=now)
        draw = random.Random(300)
        victims = set(draw.sample(range(MANY), KILLS))

        killed = 0
        for number, run in enumerate(self.due(now)):
            if number in victims:
                folder = tmp_path / str(number)
                folder.mkdir()
                with monkeypatch.context() as patch:
                    patch.setenv("CRASH_POINTS", f"{draw.choice(POINTS)}:raise")
                    patch.setenv("CRASH_DIR", str(folder))
                    with pytest.raises(Crashed):
                        engine.drive(run.id, now=now)
                killed += 1
            else:
                engine.drive(run.id, now=now)
        self.finish(now)

        back = [each["payment_intent"] for each in sandbox.books()["refunds"]]
        assert killed == KILLS
        assert len(back) == len(set(back)) == MANY
        assert set(Refund.objects.values_list("status", flat=True)) == {"succeeded"}
        assert all(each.refunded_minor == each.captured_minor for each in Payment.objects.all())

    @staticmethod
    def due(now):
        return list(SagaRun.objects.open().filter(name=refunds.SAGA).order_by("id"))

    def finish(self, now):
        """Leases run out, and others go on."""
        for _ in range(8):
            now += make.timedelta(hours=1)
            forget_breakers()
            for run in self.due(now):
                engine.drive(run.id, now=now)
