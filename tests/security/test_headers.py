"""The headers of every address: what each kind of page says to browsers and caches, word by word."""

import importlib

import pytest
from django.conf import settings as active
from django.test import Client

from tests.security import knocking, world
from tests.security.access import LINK, route_of, rules
from tests.security.addresses import Address, every_address

SHOP = (
    "base-uri 'none'; connect-src 'self'; default-src 'none'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'; script-src 'self'; style-src 'self'"
)
STAFF = SHOP.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
PAY = (
    SHOP.replace("connect-src 'self'", "connect-src 'self' <payments>")
    .replace("script-src 'self'", "script-src 'self' <payments>")
    .replace("frame-ancestors 'none'; ", "frame-ancestors 'none'; frame-src <payments>; ")
)
WITH_PAYMENTS = ("courses:details", "payments:pay", "payments:status", "payments:move_pay")
STYLED = ("api:docs",)
FOR_ALL = {"x-content-type-options": "nosniff", "x-frame-options": "DENY"}
WITHOUT_BODY = (204, 304)

pytestmark = pytest.mark.django_db


def policy_of(address: Address) -> str:
    if address.route.startswith("admin/") or address.name in STYLED:
        return STAFF
    return PAY if address.name in WITH_PAYMENTS else SHOP


def referrer_of(address: Address) -> str:
    by_link = "<str:token>" in address.route and not address.route.startswith("api/")
    by_link = by_link or address.name in ("courses:my_bookings", "courses:open_my_bookings")
    return "strict-origin" if by_link else "same-origin"


def normal(policy: str) -> str:
    """Directives and their sources in order; the payment company's origins as one word."""
    from payments.probe.page import _directives

    return "; ".join(sorted(_directives(policy)))


def is_personal(address: Address) -> bool:
    linked = {rule.route for rule in rules() if LINK in rule.who}
    return route_of(address) in linked or address.route.startswith(("admin/", "api/v1/staff/"))


def answers(client: Client, shop: world.World):
    for address in every_address():
        answer = knocking.knock(client, "GET", knocking.path_of(address, shop))
        if answer.status_code != 405:
            yield address, answer


class TestEveryAddress:
    def test_says_the_same_to_every_browser(self):
        shop, client, wrong = world.build(), world.client_of("owner"), []
        for address, answer in answers(client, shop):
            said = {name.lower(): value for name, value in answer.headers.items()}
            wanted = FOR_ALL | {
                "content-security-policy": policy_of(address),
                "referrer-policy": referrer_of(address),
            }
            found = {name: said.get(name, "absent") for name in wanted}
            found["content-security-policy"] = normal(found["content-security-policy"])
            if found["content-security-policy"] == SHOP:
                wanted["content-security-policy"] = (
                    SHOP  # the strictest, which errors have everywhere
                )
            opener = said.get("cross-origin-opener-policy", "absent")
            if not opener.startswith("same-origin"):
                wrong.append((address.name, "cross-origin-opener-policy", opener))
            wrong += [
                (address.name, name, found[name]) for name in wanted if found[name] != wanted[name]
            ]
            if answer.status_code not in WITHOUT_BODY and "content-type" not in said:
                wrong.append((address.name, "content-type", "absent"))
            if any(name.startswith("access-control-") for name in said):
                wrong.append((address.name, "access-control", "present"))

        assert wrong == [], sorted({each[1:] for each in wrong}, key=str)

    def test_keeps_what_is_personal_out_of_caches(self):
        shop, wrong = world.build(), []
        for actor in ("booker", "owner"):
            for address, answer in answers(world.client_of(actor), shop):
                said = answer.headers.get("Cache-Control", "")
                if is_personal(address) and "no-store" not in said:
                    wrong.append((actor, address.name, answer.status_code, said))
                if "public" in said and "Set-Cookie" in answer.headers:
                    wrong.append((actor, address.name, "public with a cookie", said))

        assert wrong == []

    def test_says_which_letters_a_text_is_written_in(self):
        shop, wrong = world.build(), []
        for address, answer in answers(world.client_of("owner"), shop):
            kind = answer.headers.get("Content-Type", "")
            if kind.startswith("text/") and "charset=utf-8" not in kind.replace('"', ""):
                wrong.append((address.name, kind))

        assert wrong == []


class TestProduction:
    """With the production settings, which a plain request over http does not get past."""

    @pytest.fixture
    def strict(self, settings):
        production = importlib.import_module("config.settings.production")
        for name in dir(production):
            if name.startswith(("SECURE_", "SESSION_COOKIE_", "CSRF_COOKIE_", "BROWSER_COOKIE_")):
                setattr(settings, name, getattr(production, name))
        assert active.SECURE_SSL_REDIRECT
        return Client(raise_request_exception=False)

    def test_sends_everybody_to_https(self, strict):
        answer = strict.get("/help/")

        assert answer.status_code == 301
        assert answer.headers["Location"].startswith("https://")

    def test_holds_browsers_to_https_for_a_year_everywhere(self, strict):
        shop, wrong = world.build(), []
        for address in every_address():
            answer = strict.get(knocking.path_of(address, shop), secure=True)
            if (
                answer.headers.get("Strict-Transport-Security")
                != "max-age=31536000; includeSubDomains; preload"
            ):
                wrong.append(address.name)

        assert wrong == []

    def test_sets_no_cookie_without_its_three_marks(self, strict):
        world.build()
        strict.get("/admin/login/", secure=True)
        found = strict.cookies

        assert found
        for cookie in found.values():
            assert cookie["secure"]
            assert cookie["samesite"] == "Lax"
            assert cookie.key.startswith("__Host-")
            assert cookie["path"] == "/"
            assert not cookie["domain"]
