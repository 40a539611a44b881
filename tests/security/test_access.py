"""The matrix: every address of the URLconf, every method, everybody, against docs/access.md.

What is answered to a GET is looked at on the way: everybody is here at every page already.
"""

import re

import pytest

from payments.models import WebhookEvent
from tests.functional import wholeness
from tests.security import knocking, world
from tests.security.access import ALL_STAFF, BOOKER, LINK, STRIPE, Rule, list_rules, route_of, rules
from tests.security.addresses import Address, every_address
from tests.security.knocking import FORBIDDEN, NOT_ALLOWED, NOT_FOUND, OK, SIGN_IN
from tests.security.world import ACTORS, STAFF, client_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = (FORBIDDEN, NOT_FOUND, NOT_ALLOWED, SIGN_IN)
PASSED = (OK, NOT_FOUND, NOT_ALLOWED)
OUTSIDERS = ("guest", "another", "booker")
ACT_OF_PAGE = {"changelist": "see", "add": "add", "history": "see", "change": "see", "delete": "delete"}  # fmt: skip
# Opens only for a refund that waits, and then to who sees refunds; the tests of approvals say so.
ONLY_WHILE_IT_WAITS = ("admin:payments_refund_decide",)
CHANGING = re.compile(r"[0-9a-f]{8,}|\s+")

pytestmark = pytest.mark.django_db


def is_staff(address: Address) -> bool:
    return address.route.startswith(("admin/", "api/v1/staff/"))


def is_page(address: Address) -> bool:
    return address.route.startswith("admin/")


def by_route() -> dict[tuple[str, str], Rule]:
    return {(rule.route, rule.method): rule for rule in rules()}


class TestTheTable:
    def test_has_every_address_of_the_site(self):
        listed, lists = {rule.route for rule in rules()}, set(list_rules())

        missing = [
            f"{each.model or '/' + route_of(each)}"
            for each in every_address()
            if each.model not in lists and route_of(each) not in listed
        ]

        assert missing == [], "say in docs/access.md who may"

    def test_has_no_address_that_the_site_has_not(self):
        addresses = every_address()
        routes = {route_of(each) for each in addresses}
        models = {each.model for each in addresses}

        assert {rule.route for rule in rules()} - routes == set()
        assert set(list_rules()) - models == set()

    def test_lets_nobody_delete_money_or_history(self):
        deletable = {name for name, rule in list_rules().items() if rule.delete != {"nobody"}}

        assert deletable <= {"auth.user"}


@pytest.mark.parametrize("actor", STAFF)
class TestStaff:
    def test_may_what_their_role_says_and_no_more(self, actor):
        shop, client, listed = world.build(), client_of(actor), by_route()
        wrong = []
        for address in filter(is_staff, every_address()):
            if address.name in ONLY_WHILE_IT_WAITS:
                continue
            for method, lets in _asked(address, listed, actor):
                answer = knocking.knock(client, method, knocking.path_of(address, shop))
                answer = knocking.followed(client, answer)
                word = knocking.word_of(answer)
                if word not in (PASSED if lets else REFUSED):
                    wrong.append((address.name, method, word, lets))
                if method == "GET":
                    wrong += wholeness.faults(address.route, answer)

        assert wrong == []


@pytest.mark.parametrize("actor", OUTSIDERS)
class TestOutsiders:
    def test_are_sent_to_sign_in_or_refused_by_all_that_is_for_staff(self, actor):
        shop, client = world.build(), client_of(actor)
        wrong = []
        for address in filter(is_staff, every_address()):
            if route_of(address) in ("admin/login/", "admin/logout/"):
                continue
            for method in ("GET", "POST"):
                answer = knocking.knock(client, method, knocking.path_of(address, shop))
                if knocking.word_of(answer) != (SIGN_IN if is_page(address) else FORBIDDEN):
                    wrong.append((address.name, method, answer.status_code))

        assert wrong == []


@pytest.mark.parametrize("actor", [*OUTSIDERS, "owner"])
class TestCustomers:
    def test_may_what_the_table_says_and_no_more(self, actor):
        """Another's link shows and does not act; being staff is no way round it."""
        shop, client, listed = world.build(), client_of(actor), by_route()
        wrong = []
        for address in every_address():
            if is_staff(address):
                continue
            for method in METHODS:
                rule = listed.get((route_of(address), method))
                answer = knocking.knock(client, method, knocking.path_of(address, shop))
                word = knocking.word_of(answer)
                if not _as_said(rule, word, actor):
                    wrong.append((address.name, method, word))
                if method == "GET":
                    wrong += wholeness.faults(address.route, answer)

        assert wrong == []


def _as_said(rule: Rule | None, word: str, actor: str) -> bool:
    if rule is None:
        return word == NOT_ALLOWED
    if BOOKER in rule.who and actor != "booker":
        return word == FORBIDDEN
    return word in PASSED and word != NOT_ALLOWED


def _asked(address, listed, actor):
    """(method, whether this actor may) of one address for staff."""
    if address.model:
        if address.act == "history" and not knocking.has_row(address):
            return
        rule = list_rules()[address.model]
        yield "GET", actor in getattr(rule, ACT_OF_PAGE[address.act])
        if address.act == "change":
            yield "POST", actor in rule.change
        return
    for method in METHODS[:2] if is_page(address) else METHODS:
        rule = listed.get((route_of(address), method))
        if rule is not None:
            yield method, rule.lets(actor)
        elif not is_page(address):
            yield method, not _others_refused(address, listed, actor)


def _others_refused(address, listed, actor) -> bool:
    """A method that an address does not have tells nothing to who may use none of the others."""
    return not any(
        rule.lets(actor) for (route, _), rule in listed.items() if route == route_of(address)
    )


class TestUnknownLinks:
    """S84: whatever is wrong with a link, the answer is the same."""

    @pytest.mark.parametrize("actor", OUTSIDERS)
    def test_s84_are_told_apart_by_nobody(self, actor):
        shop, client = world.build(), client_of(actor)
        guesses = [
            "a" * 32,
            shop.held.reference,
            str(shop.held.pk),
            shop.held.token[:-1],
            shop.held.token[:-1] + ("A" if shop.held.token[-1] != "A" else "B"),
            shop.held.token.swapcase(),
            "x",
            "é" * 32,
        ]
        for address in every_address():
            if "<str:token>" not in address.route:
                continue
            path = knocking.path_of(address, shop)
            known = shop.values(address.name)["token"]
            for method in ("GET", "POST", "PATCH"):
                found = {
                    _told(knocking.knock(client, method, path.replace(known, guess)))
                    for guess in guesses
                }
                assert len(found) == 1, (address.name, method, found)
                assert found.pop()[0] in (404, 405)

    def test_s84_of_papers_open_no_other_bookings_papers(self):
        """The label of somebody else's invoice is as unknown as one that was never issued."""
        shop, client = world.build(), client_of("booker")
        mine, theirs = shop.held.token, world.Document.objects.order_by("issued_at")[0].label

        other = client.get(f"/bookings/{mine}/documents/{theirs}.pdf")
        never = client.get(f"/bookings/{mine}/documents/INV-1999-00001.pdf")

        assert _told(other) == _told(never)
        assert other.status_code == 404

    @pytest.mark.parametrize("actor", ["office", "owner"])
    def test_s84_of_the_staff_api_are_not_told_apart_either(self, actor):
        world.build()
        client = client_of(actor)

        for path in ("/api/v1/staff/reviews/{}/", "/api/v1/staff/blacklist/{}/"):
            found = {
                _told(client.get(path.format(world.NOBODY))),
                _told(client.get(path.format(_another()))),
            }
            assert len(found) == 1
            assert found.pop()[0] == 404


def _told(answer) -> tuple[int, str, str]:
    """What can be told from an answer, without what changes with every request."""
    body = answer.content.decode(errors="replace")
    body = body.replace(answer.wsgi_request.path, "")
    return answer.status_code, CHANGING.sub("", body), answer.headers.get("Content-Type", "")


def _another():
    from core.ids import uuid7

    return uuid7()


class TestMachines:
    def test_only_monitoring_reads_the_numbers(self, client):
        assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
        assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 200

    def test_who_signs_nothing_writes_nothing(self, client):
        answer = client.post("/webhooks/stripe/", b"{}", content_type="application/json")

        assert answer.status_code == 400
        assert WebhookEvent.objects.count() == 0
        assert STRIPE in by_route()[("webhooks/stripe/", "POST")].who


class TestWords:
    def test_say_who_is_let_in(self):
        assert Rule("r", "GET", frozenset({LINK})).lets("guest")
        assert Rule("r", "GET", frozenset({ALL_STAFF})).lets("new")
        assert not Rule("r", "GET", frozenset({ALL_STAFF})).lets("guest")
        assert not Rule("r", "POST", frozenset({BOOKER})).lets("owner")
        assert set(ACTORS) == {*OUTSIDERS, *STAFF}
