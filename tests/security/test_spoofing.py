"""S86: what a client writes into headers changes neither who it is nor what we say our address is."""

import pytest
from django.test import RequestFactory

from core.ratelimit.address import client_address, client_network
from tests.security import world

PROXY, CLIENT = "10.0.0.1", "198.51.100.7"
FORGED = [
    {"X-Forwarded-For": "1.2.3.4, {real}"},
    {"X-Forwarded-For": "1.2.3.4,5.6.7.8 ,9.9.9.9,{real}"},
    {"X-Forwarded-For": "::1, {real}"},
    {"X-Forwarded-For": "{real}:443"},
    {"X-Forwarded-For": "::ffff:{real}"},
    {"X-Forwarded-For": "[::ffff:{real}]:5000"},
    {"X-Forwarded-For": ", , {real}"},
    {"X-Forwarded-For": "127.0.0.1, unknown, _hidden, {real}"},
    {"X-Forwarded-For": "{real}", "X-Real-IP": "127.0.0.1"},
    {"X-Forwarded-For": "{real}", "Forwarded": 'for=127.0.0.1;host=evil.example;proto=https'},
    {"X-Forwarded-For": "{real}", "X-Client-IP": "127.0.0.1", "True-Client-IP": "127.0.0.1"},
    {"X-Forwarded-For": "{real}", "CF-Connecting-IP": "127.0.0.1", "X-Cluster-Client-IP": "::1"},
]  # fmt: skip
HOSTS = [
    "evil.example",
    "evil.example:80",
    "testserver.evil.example",
    "testserver@evil.example",
    "a/b",
    "",
]


class TestAddress:
    @pytest.mark.parametrize("headers", FORGED)
    def test_s86_is_what_our_proxy_saw(self, settings, headers):
        settings.TRUSTED_PROXY_COUNT = 1
        given = {name: value.format(real=CLIENT) for name, value in headers.items()}

        request = RequestFactory().get("/", headers=given, REMOTE_ADDR=PROXY)

        assert client_address(request) == CLIENT

    @pytest.mark.parametrize("headers", FORGED)
    def test_s86_is_the_connection_where_there_is_no_proxy(self, settings, headers):
        settings.TRUSTED_PROXY_COUNT = 0
        given = {name: value.format(real="1.2.3.4") for name, value in headers.items()}

        request = RequestFactory().get("/", headers=given, REMOTE_ADDR=CLIENT)

        assert client_address(request) == CLIENT

    def test_s86_of_a_header_sent_twice_is_the_last(self, settings):
        """The server joins both with a comma; the last is what our proxy added."""
        settings.TRUSTED_PROXY_COUNT = 1
        joined = ", ".join(["127.0.0.1", "1.2.3.4", CLIENT])

        request = RequestFactory().get("/", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=joined)

        assert client_address(request) == CLIENT

    @pytest.mark.parametrize(
        "junk", ["x" * 9000, "1" * 400, ",".join(["1.2.3.4"] * 500) + ",zz", "\x00", "é"]
    )
    def test_s86_bears_any_junk(self, settings, junk):
        settings.TRUSTED_PROXY_COUNT = 1

        request = RequestFactory().get("/", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=junk)

        assert client_address(request) == PROXY
        assert client_network(request) == PROXY


@pytest.mark.django_db
class TestHost:
    @pytest.mark.parametrize("host", HOSTS)
    def test_s86_of_another_site_is_refused(self, client, host):
        assert client.get("/help/", HTTP_HOST=host).status_code == 400

    def test_s86_forwarded_is_not_believed(self):
        """Addresses in answers are made of the host that was asked, which is one of ours."""
        shop = world.build()
        answer = world.client_of("booker").get(
            f"/api/v1/bookings/{shop.sold.token}/documents/",
            headers={
                "X-Forwarded-Host": "evil.example",
                "X-Forwarded-Port": "81",
                "X-Forwarded-Server": "evil.example",
                "X-Original-URL": "/admin/",
                "X-Rewrite-URL": "/admin/",
            },
        )

        assert answer.status_code == 200
        assert "evil.example" not in answer.content.decode()

    def test_s86_links_in_letters_come_from_the_settings(self, settings):
        """No e-mail is written in a request's words: they are made by a worker, which has no request."""
        from core.embedded.folders import REPOSITORY

        for app in ("courses", "payments", "invoicing"):
            text = (REPOSITORY / app / "emails.py").read_text()
            assert "build_absolute_uri" not in text
            assert "get_host" not in text
