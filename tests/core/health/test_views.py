"""What monitoring sees when all is well, and when something is not."""

import threading
import time

import pytest

from core.health import checks


@pytest.mark.django_db(transaction=True)
class TestReadyz:
    def test_is_ready_with_all_that_it_depends_on(self, client):
        response = client.get("/readyz")

        body = response.json()
        assert (response.status_code, body["status"]) == (200, "ready")
        assert {"database", "cache", "broker", "limits"} <= set(body["checks"])
        assert all(check["ok"] and check["ms"] >= 0 for check in body["checks"].values())

    @pytest.mark.parametrize(
        ("setting", "check"),
        [
            ("REDIS_URL", "cache"),
            ("CELERY_BROKER_URL", "broker"),
            ("RATELIMIT_REDIS_URL", "limits"),
        ],
    )
    def test_is_503_and_names_what_is_away(self, client, settings, setting, check):
        setattr(settings, setting, "redis://127.0.0.1:9/0")

        response = client.get("/readyz")

        assert (response.status_code, response.json()["status"]) == (503, "not_ready")
        assert response.json()["checks"][check] == {
            "ok": False,
            "ms": response.json()["checks"][check]["ms"],
            "error": "ConnectionError",
        }
        assert response.json()["checks"]["database"]["ok"]

    def test_answers_in_time_while_something_hangs(self, monkeypatch):
        release = threading.Event()
        checks.register("hanging", lambda: release.wait(30) and None)
        try:
            began = time.monotonic()
            first = checks.ask_all(seconds_max=0.2)
            second = checks.ask_all(seconds_max=0.2)

            assert time.monotonic() - began < 2
            assert first["hanging"].error == second["hanging"].error == "Timeout"
            assert first["database"].ok
        finally:
            checks.unregister("hanging")
            release.set()

    def test_does_not_quote_the_failure(self, client):
        def fail() -> None:
            raise ValueError("password=hunter2")

        checks.register("failing", fail)
        try:
            assert "hunter2" not in client.get("/readyz").content.decode()
        finally:
            checks.unregister("failing")


class TestLivez:
    def test_asks_nobody(self, client):
        """No database fixture: a query would fail the test."""
        response = client.get("/livez")

        assert (response.status_code, response.json()) == (200, {"status": "alive"})
        assert "no-store" in response.headers["Cache-Control"]

    def test_takes_no_post(self, client):
        assert client.post("/livez").status_code == 405


class TestMetrics:
    def test_are_there_for_the_machine_itself(self, client):
        response = client.get("/metrics")

        assert response.status_code == 200
        assert b"django_http_requests_before_middlewares_total" in response.content

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "extra",
        [
            {"REMOTE_ADDR": "203.0.113.9"},
            {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"},
        ],
    )
    def test_are_there_for_no_one_else(self, client, extra):
        assert client.get("/metrics", **extra).status_code == 404

    def test_are_there_for_the_networks_of_the_setting(self, client, settings):
        settings.METRICS_ALLOWED_NETS = ["203.0.113.0/24"]

        assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 200

    @pytest.mark.django_db
    def test_are_off_without_monitoring(self, client, settings):
        settings.MONITORING_ENABLED = False

        assert client.get("/metrics").status_code == 404
