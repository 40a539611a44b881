"""What browsers may tell: numbers of known pages by class of device, and nothing else."""

import json

import pytest

from core.performance import recorder

pytestmark = pytest.mark.django_db
TOLD = {"page": "courses:course", "device": "phone", "LCP": 1400, "INP": 90.5, "CLS": 12}


def send(client, told):
    body = told if isinstance(told, bytes) else json.dumps(told)
    return client.post("/vitals", body, content_type="text/plain")


def kept() -> dict:
    return {key[1:]: row for key, row in recorder.take().items() if key[0] == recorder.VITAL}


class TestVitals:
    def test_are_kept_by_page_and_device(self, client):
        answer = send(client, TOLD)

        assert (answer.status_code, answer.content) == (204, b"")
        found = kept()
        assert set(found) == {
            ("/courses/<slug:slug>/", f"{name} phone") for name in ("LCP", "INP", "CLS")
        }
        assert found["/courses/<slug:slug>/", "LCP phone"].total_ms == 1400

    def test_set_no_cookie(self, client):
        assert send(client, TOLD).cookies == {}

    @pytest.mark.parametrize(
        "told",
        [
            {**TOLD, "page": "courses:secret"},
            {**TOLD, "page": "/bookings/abc/"},
            {**TOLD, "device": "somebody's fridge"},
            {"page": "courses:course", "device": "phone", "LCP": -1, "INP": "x", "CLS": 10**9},
            [1, 2],
            b"not json",
            b"\xff\xfe",
            b"[" * 900,
        ],
    )
    def test_ignore_what_they_can_not_use(self, client, told):
        assert send(client, told).status_code == 204
        assert kept() == {}

    def test_refuse_what_is_too_large(self, client):
        assert send(client, {**TOLD, "more": "x" * 2000}).status_code == 413
        assert kept() == {}

    def test_are_only_sent(self, client):
        assert client.get("/vitals").status_code == 405

    def test_need_no_csrf_token(self):
        from django.test import Client

        assert send(Client(enforce_csrf_checks=True), TOLD).status_code == 204

    def test_end_after_too_many_and_take_nothing_from_who_books(self, client, settings):
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "vitals": "2/h", "posts": "1/h"}

        answers = [
            client.post("/vitals", "{}", content_type="text/plain", REMOTE_ADDR="198.51.100.21")
            for _ in range(3)
        ]

        assert [each.status_code for each in answers] == [204, 204, 429]
