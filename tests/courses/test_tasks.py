import datetime as dt

import pytest

from config.celery import TIMETABLE
from core import clock
from courses import tasks
from tests.courses.make import make_hold, make_session

pytestmark = pytest.mark.django_db


class TestExpireDue:
    def test_ends_holds_by_the_clock(self):
        now = clock.now()
        session = make_session(on=(now + dt.timedelta(days=30)).date())
        live = make_hold(session, now=now)
        over = make_hold(session, now=now - dt.timedelta(minutes=16))

        assert tasks.expire_due() == 1

        over.refresh_from_db()
        live.refresh_from_db()
        assert (over.status, live.status) == ("expired", "held")

    def test_is_in_the_timetable(self):
        assert ("courses.tasks.expire_due", 10) in TIMETABLE.values()
