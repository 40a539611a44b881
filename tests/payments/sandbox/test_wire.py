"""Stripe's wire rules: keys, ids, versions, lists, expansion, who may call from a browser."""

import base64
import http.client
import json
import re
from urllib.parse import urlencode

import pytest
import stripe

from tests.payments.sandbox import journeys
from tests.payments.sandbox.process import Sandbox


class TestHeaders:
    def test_names_the_request_and_echoes_version_and_key(
        self, client: stripe.StripeClient
    ) -> None:
        made = client.v1.customers.create({"name": "A"}, {"idempotency_key": "a-key"})

        headers = made.last_response.headers
        assert re.fullmatch(r"req_\w+", headers["Request-Id"])
        assert headers["Stripe-Version"] == stripe.api_version
        assert headers["Idempotency-Key"] == "a-key"

    def test_takes_the_key_as_a_basic_user(self, sandbox: Sandbox) -> None:
        user = base64.b64encode(f"{sandbox.secret_key}:".encode()).decode()

        assert _call(sandbox, "GET", "/v1/events", Authorization=f"Basic {user}")[0] == 200

    @pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer nothing", "Basic !!!"])
    def test_refuses_a_call_without_a_key(self, sandbox: Sandbox, authorization: str) -> None:
        status, body = _call(sandbox, "GET", "/v1/events", Authorization=authorization)

        assert (status, body["error"]["type"]) == (401, "invalid_request_error")

    def test_answers_an_unknown_address_in_json(self, sandbox: Sandbox) -> None:
        status, body = _call(sandbox, "GET", "/v1/moon")

        assert (status, body["error"]["type"]) == (404, "invalid_request_error")

    def test_takes_method_types_without_a_version_as_the_older_accounts_do(
        self, sandbox: Sandbox
    ) -> None:
        status, _ = _call(
            sandbox,
            "POST",
            "/v1/payment_intents",
            amount=500,
            currency="gbp",
            **{"payment_method_types[]": "card"},
        )

        assert status == 200

    def test_lets_a_browser_ask_from_another_origin(self, sandbox: Sandbox) -> None:
        status, _ = _call(sandbox, "OPTIONS", "/v1/payment_intents/pi_1", Origin="http://shop.test")

        assert status == 204


class TestLists:
    def test_page_through_newest_first(self, client: stripe.StripeClient) -> None:
        made = [client.v1.customers.create({"name": str(number)}).id for number in range(5)]

        first = client.v1.customers.list({"limit": 2})
        second = client.v1.customers.list({"limit": 2, "starting_after": first.data[-1].id})
        back = client.v1.customers.list({"limit": 2, "ending_before": second.data[0].id})

        assert [row.id for row in first.data] == made[:2:-1]
        assert [row.id for row in second.data] == made[2:0:-1]
        assert [row.id for row in back.data] == [row.id for row in first.data]
        assert (first.has_more, back.has_more) == (True, False)
        assert [
            row.id for row in client.v1.customers.list({"limit": 2}).auto_paging_iter()
        ] == made[::-1]

    def test_filter_by_time(self, sandbox: Sandbox, client: stripe.StripeClient) -> None:
        client.v1.customers.create({"name": "old"})
        sandbox.advance(1000)
        client.v1.customers.create({"name": "new"})

        since = client.v1.customers.list({"created": {"gte": sandbox.now() - 500}})
        before = client.v1.customers.list({"created": {"lt": sandbox.now() - 500}})

        assert ([row.name for row in since.data], [row.name for row in before.data]) == (
            ["new"],
            ["old"],
        )

    @pytest.mark.parametrize(
        "query",
        [
            {"limit": 0},
            {"limit": 101},
            {"limit": "x"},
            {"nonsense": 1},
            {"starting_after": "cus_x"},
        ],
    )
    def test_refuse_what_makes_no_page(self, sandbox: Sandbox, query: dict) -> None:
        assert _call(sandbox, "GET", "/v1/customers", **query)[0] == 400

    def test_events_end_after_thirty_days(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        client.v1.customers.create({"name": "A"})
        sandbox.advance(30 * 86400 + 60)

        assert client.v1.events.list().data == []
        assert client.v1.events.list({"types": ["customer.created"]}).data == []


class TestExpand:
    def test_replaces_an_id_by_its_object(self, client: stripe.StripeClient) -> None:
        intent = journeys.paid(client)
        wanted = ["latest_charge.balance_transaction", "latest_charge.refunds", "payment_method"]

        found = client.v1.payment_intents.retrieve(intent.id, {"expand": wanted})
        listed = client.v1.payment_intents.list({"expand": ["data.latest_charge"]})

        assert isinstance(intent.latest_charge, str)
        assert found.latest_charge.balance_transaction.net == 9600 - 332
        assert found.latest_charge.refunds.data == []
        assert found.payment_method.card.last4 == "4242"
        assert listed.data[0].latest_charge.id == intent.latest_charge

    @pytest.mark.parametrize("path", ["amount", "latest_charge.x", "a.b.c.d.e"])
    def test_refuses_what_is_no_id(self, client: stripe.StripeClient, path: str) -> None:
        intent = journeys.paid(client)

        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.payment_intents.retrieve(intent.id, {"expand": [path]})

        assert refusal.value.param == "expand"


class TestMetadata:
    def test_is_merged_and_emptied(self, client: stripe.StripeClient) -> None:
        intent = client.v1.payment_intents.create(
            {"amount": 500, "currency": "gbp", "metadata": {"a": "1", "b": "2"}}
        )

        changed = client.v1.payment_intents.update(intent.id, {"metadata": {"a": "", "c": "3"}})

        assert changed.metadata.to_dict() == {"b": "2", "c": "3"}

    @pytest.mark.parametrize(
        "metadata",
        [{"k" * 41: "v"}, {"k": "v" * 501}, {str(number): "v" for number in range(51)}],
    )
    def test_has_limits(self, client: stripe.StripeClient, metadata: dict) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payment_intents.create(
                {"amount": 500, "currency": "gbp", "metadata": metadata}
            )


def _call(sandbox: Sandbox, method: str, path: str, **given: object) -> tuple[int, dict]:
    """A call with headers (capital letter) and parameters, without the SDK's help."""
    headers = {"Authorization": f"Bearer {sandbox.secret_key}"}
    headers |= {name: str(value) for name, value in given.items() if name[0].isupper()}
    params = urlencode({name: value for name, value in given.items() if not name[0].isupper()})
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10)
    if method == "POST":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, params, headers)
    else:
        connection.request(method, f"{path}?{params}", None, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, json.loads(text) if text else {}
