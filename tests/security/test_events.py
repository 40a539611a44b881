"""What the security log hears of, in which words, and that it names nobody."""

import pytest
from structlog.testing import capture_logs

from core import security_events
from tests.security import world

pytestmark = pytest.mark.django_db


def told(lines: list[dict], event: str) -> list[dict]:
    return [line for line in lines if line["event"] == event]


class TestTell:
    def test_knows_no_other_word(self):
        with pytest.raises(KeyError):
            security_events.tell("something_odd")

    @pytest.mark.parametrize(
        ("event", "level"),
        [("authn_login_success", "info"), ("authz_fail", "warning"), ("crypt_decrypt_fail", "error")],
    )  # fmt: skip
    def test_says_how_grave_it_is(self, event, level):
        with capture_logs() as lines:
            security_events.tell(event)

        assert lines[0]["log_level"] == level


class TestRefusals:
    def test_of_access_are_told(self):
        shop = world.build()
        with capture_logs() as lines:
            world.client_of("another").post(f"/bookings/{shop.held.token}/extend/")
            world.client_of("ops").get("/admin/auth/user/")

        routes = {line["route"] for line in told(lines, "authz_fail")}
        assert routes == {"/bookings/<str:token>/extend/", "/admin/auth/user/"}
        assert shop.held.token not in str(told(lines, "authz_fail"))

    def test_of_steps_out_of_order_are_told(self):
        from tests.courses.make import make_hold

        client, booking = (
            world.client_of("booker"),
            make_hold(browser=world.BROWSER, now=world.clock.now()),
        )
        with capture_logs() as lines:
            answer = client.post(
                f"/api/v1/bookings/{booking.token}/payments/",
                {"confirmation_token": "ctoken_1234567890"},
                content_type="application/json",
                headers={"Idempotency-Key": "out-of-order-0001"},
            )

        assert answer.json()["code"] == "details_missing"
        assert [line["code"] for line in told(lines, "sequence_fail")] == ["details_missing"]

    def test_of_links_that_lead_nowhere_are_told(self, client):
        with capture_logs() as lines:
            client.get(f"/bookings/{'g' * 32}/")

        (line,) = told(lines, "malicious_direct_reference")
        assert "g" * 32 not in str(line)

    def test_of_what_cannot_be_read_are_told(self, client):
        with capture_logs() as lines:
            client.post(
                "/api/v1/bookings/", {"status": "confirmed"}, content_type="application/json",
                headers={"Idempotency-Key": "not-an-input-0001"},
            )  # fmt: skip

        assert [line["route"] for line in told(lines, "input_validation_fail")] == [
            "/api/v1/bookings/"
        ]
