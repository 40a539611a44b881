"""Requests are counted by route and by how they ended; nothing that a stranger chooses becomes a label."""

import pytest
from django.http import HttpResponse
from prometheus_client import REGISTRY

from core.health.middleware import part_of
from tests.metrics import counted

COUNT = "http_server_request_duration_seconds_count"


def requests(**labels: str) -> float:
    return counted(COUNT, **labels)


class TestCounting:
    def test_counts_by_route(self, client):
        labels = {"part": "machinery", "method": "GET", "route": "/livez", "status": "200"}
        before = requests(**labels)

        client.get("/livez")

        assert requests(**labels) == before + 1

    @pytest.mark.django_db
    def test_an_address_is_never_a_label(self, client):
        client.get("/bookings/s3cr3t-t0ken/status/")
        client.get("/nothing-is-here/8f14e45f")
        client.generic("BREW", "/livez")

        labels = [
            sample.labels
            for metric in REGISTRY.collect()
            if metric.name == "http_server_request_duration_seconds"
            for sample in metric.samples
        ]
        assert {"/bookings/<str:token>/status/", "unmatched"} <= {each["route"] for each in labels}
        assert "other" in {each["method"] for each in labels}
        assert not any("s3cr3t" in str(each) or "8f14e45f" in str(each) for each in labels)

    def test_a_crash_is_counted_as_500(self, client, monkeypatch):
        def crash(_request) -> HttpResponse:
            raise RuntimeError("broken")

        monkeypatch.setattr("core.health.views.checks.ask_all", crash)
        client.raise_request_exception = False
        labels = {"part": "machinery", "method": "GET", "route": "/readyz", "status": "500"}
        before = requests(**labels)

        assert client.get("/readyz").status_code == 500

        assert requests(**labels) == before + 1
        assert counted("http_server_active_requests") == 0

    def test_buckets_reach_from_5_ms_to_10_s(self, client):
        client.get("/livez")

        edges = {
            sample.labels["le"]
            for metric in REGISTRY.collect()
            if metric.name == "http_server_request_duration_seconds"
            for sample in metric.samples
            if "le" in sample.labels
        }
        assert {"0.005", "0.5", "2.0", "10.0"} <= edges


class TestPart:
    @pytest.mark.parametrize(
        ("method", "route", "part"),
        [
            ("GET", "/", "site"),
            ("GET", "/bookings/<str:token>/pay/", "site"),
            ("POST", "/bookings/<str:token>/pay/", "checkout"),
            ("POST", "/api/v1/bookings/<str:token>/payments/", "checkout"),
            ("GET", "/api/v1/courses/", "api"),
            ("GET", "/api/v1/staff/payments/", "staff"),
            ("GET", "/admin/payments/payment/", "staff"),
            ("POST", "/webhooks/stripe/", "webhooks"),
            ("GET", "/readyz", "machinery"),
            ("GET", "/static/", "static"),
        ],
    )
    def test_says_whom_a_route_serves(self, method, route, part):
        assert part_of(route, method) == part
