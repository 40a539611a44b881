"""Every request is timed, some are looked at closely, and monitoring's own are left alone."""

import pytest
from django.test import override_settings

from core.performance import recorder
from core.performance.recorder import PAGE

pytestmark = pytest.mark.django_db


def measured() -> dict:
    return {name: row for (kind, name, _), row in recorder.take().items() if kind == PAGE}


class TestMiddleware:
    @override_settings(PERFORMANCE_SAMPLE=1.0)
    def test_looks_closely(self, client):
        client.get("/")

        row = measured()["/"]
        assert (row.count, row.looked_at) == (1, 1)
        assert row.queries > 0
        assert row.cpu_ms > 0

    @override_settings(PERFORMANCE_SAMPLE=0.0)
    def test_times_what_it_does_not_look_at(self, client):
        client.get("/")

        row = measured()["/"]
        assert (row.count, row.looked_at, row.queries) == (1, 0, 0)

    @override_settings(PERFORMANCE_SAMPLE=1.0)
    def test_keeps_the_pattern_and_never_the_address(self, client):
        client.get("/bookings/abcdefghijklmnopqrstuvwxyz123456/")
        client.get("/no-such-page/")

        assert set(measured()) == {"/bookings/<str:token>/", "unmatched"}

    def test_leaves_monitoring_alone(self, client):
        client.get("/livez")

        assert measured() == {}
