"""Whoever finds a hole finds out whom to tell."""

from datetime import datetime, timedelta


class TestSecurityTxt:
    def test_names_a_contact_that_is_good_for_a_while(self, client, settings):
        settings.SECURITY_CONTACT = "mailto:security@booking.example.com"
        settings.SITE_URL = "https://booking.example.com"

        answer = client.get("/.well-known/security.txt")
        lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())

        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert lines["Contact"] == "mailto:security@booking.example.com"
        assert lines["Canonical"] == "https://booking.example.com/.well-known/security.txt"
        left = datetime.fromisoformat(lines["Expires"]) - datetime.now().astimezone()
        assert timedelta(days=150) < left < timedelta(days=365)
