"""Error reports tell of the code, not of the person."""

from core.tracing import reports


class TestStart:
    def test_reports_to_nobody_when_nobody_is_named(self, settings):
        settings.SENTRY_DSN = ""

        assert not reports.start()


class TestCleaned:
    def test_keeps_the_error_and_drops_the_person(self):
        event = {
            "user": {"id": 1, "ip_address": "203.0.113.9"},
            "request": {
                "method": "POST",
                "url": "https://x.example/bookings/0123456789abcdef/pay/?email=ann@example.org",
                "headers": {"Cookie": "rft_browser=secret"},
                "cookies": "rft_browser=secret",
                "query_string": "email=ann@example.org",
                "data": {"name": "Ann"},
            },
            "exception": {"values": [{"type": "ValueError", "value": "bad ann@example.org"}]},
        }

        clean = reports.cleaned(event, {})

        assert clean["request"] == {
            "method": "POST",
            "url": "https://x.example/bookings/[token]/pay/",
        }
        assert "user" not in clean
        assert clean["exception"]["values"][0] == {"type": "ValueError", "value": ""}
        assert not {"secret", "Ann", "203.0.113.9"} & set(str(clean).replace("'", " ").split())
