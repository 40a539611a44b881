"""S88: nothing is done for a page of somebody else's, and looking changes nothing."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.security import knocking, world
from tests.security.access import BOOKER, EVERYONE, STRIPE, route_of, rules
from tests.security.addresses import every_address

WITHOUT_COOKIE = ("webhooks/stripe/", "vitals", "csp-report")
# Who has a case of the review desk open is shown to colleagues; who takes a list of people or money away is on record.
# Nothing else hangs on either.
MAY_CHANGE = {"django_session", "fraud_reviewwatch", "audit_auditentry"}

pytestmark = pytest.mark.django_db


def strict(actor: str) -> Client:
    client = world.client_of(actor)
    client.handler.enforce_csrf_checks = True
    return client


class TestForgedForms:
    def test_s88_are_refused_by_every_page_that_takes_one(self):
        """Without the form's own token, or with a token made elsewhere."""
        shop, wrong = world.build(), []
        clients = {"booker": strict("booker"), "owner": strict("owner")}
        for rule in rules():
            if (
                rule.method != "POST"
                or rule.route.startswith("api/")
                or rule.route in WITHOUT_COOKIE
            ):
                continue
            who = "booker" if rule.who & {BOOKER, EVERYONE} else "owner"
            address = next(each for each in every_address() if route_of(each) == rule.route)
            answer = knocking.knock(clients[who], "POST", knocking.path_of(address, shop))
            if answer.status_code != 403:
                wrong.append((rule.route, answer.status_code))

        assert wrong == []

    def test_s88_of_the_staff_api_are_refused(self):
        shop, wrong = world.build(), []
        client = strict("owner")
        for address in every_address():
            if not address.route.startswith("api/v1/staff/"):
                continue
            for method in ("POST", "DELETE"):
                answer = knocking.knock(client, method, knocking.path_of(address, shop))
                if answer.status_code not in (403, 405):
                    wrong.append((address.name, method, answer.status_code))

        assert wrong == []

    def test_s88_cannot_sign_anybody_in(self):
        User.objects.create_superuser("mallory", password="her own password")

        answer = strict("guest").post(
            "/admin/login/", {"username": "mallory", "password": "her own password"}
        )

        assert answer.status_code == 403
        assert "sessionid" not in answer.cookies

    def test_s88_of_the_public_api_cannot_be_sent_by_a_form(self):
        """A form of another site can only send these types without asking first, and none is read."""
        shop = world.build()
        client = strict("booker")
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ):
            for path in (
                "/api/v1/bookings/",
                f"/api/v1/bookings/{shop.held.token}/payments/",
            ):
                answer = client.post(
                    path, b'{"places": 1}', content_type=kind,
                    headers={"Idempotency-Key": "knock-knock-knock-1"},
                )  # fmt: skip
                assert answer.status_code == 415, (kind, path)

    def test_s88_exempts_only_who_has_no_cookie_to_misuse(self):
        exempt = {
            route_of(each)
            for each in every_address()
            if getattr(each.view, "csrf_exempt", False) and not each.route.startswith("api/")
        }

        assert exempt <= set(WITHOUT_COOKIE)
        assert STRIPE in {who for rule in rules() if rule.route in exempt for who in rule.who}


class TestLooking:
    @pytest.mark.parametrize("actor", ["booker", "owner"])
    def test_s88_changes_nothing_anywhere(self, actor):
        shop, client = world.build(), world.client_of(actor)
        before = contents()

        for address in every_address():
            client.get(knocking.path_of(address, shop))
            client.head(knocking.path_of(address, shop))

        after = contents()
        changed = {table for table in after if after[table] != before.get(table)}
        assert changed - MAY_CHANGE == set()


def contents() -> dict[str, tuple]:
    """How many rows each table has, and a sum over all that is in them."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {name} t")
            found[table] = cursor.fetchone()
    return found
