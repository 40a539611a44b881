"""One customer over the API, who sends the same request again when the answer is lost, as a browser would."""

import http.client
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.performance.load import Client

LOST = (ConnectionError, http.client.HTTPException, TimeoutError)


@dataclass
class Customer:
    site: str
    gateway: str
    gateway_key: str
    token: str = ""
    cookie: str = ""
    payment: dict[str, str] = field(default_factory=dict)
    payment_key: str = field(default_factory=lambda: uuid.uuid4().hex)

    def hold(self, session: str) -> None:
        status, answer, headers = self._call(
            "POST", "/api/v1/bookings/", {"session": session, "places": 1}
        )
        assert status == 201, answer
        self.token, self.cookie = answer["token"], headers["Set-Cookie"].split(";")[0]
        name = f"Buyer {uuid.uuid4().hex[:8]}"
        details = {
            "customer": {"name": name, "email": f"{name.replace(' ', '.')}@example.com"},
            "attendees": [{"name": name}],
        }
        status, answer, _ = self._call("PATCH", f"/api/v1/bookings/{self.token}/", details)
        assert status == 200, answer

    def take_card(self, card: str) -> None:
        status, answer, _ = _once(
            Client(self.gateway, {"Authorization": f"Bearer {self.gateway_key}"}),
            "POST",
            "/v1/test_helpers/confirmation_tokens",
            urlencode({"payment_method": card}),
        )
        assert status == 200, answer
        self.payment = {"confirmation_token": answer["id"]}

    def pay(self) -> int | None:
        """The answer's status; None when the answer was lost."""
        path = f"/api/v1/bookings/{self.token}/payments/"
        try:
            return self._call("POST", path, self.payment, key=self.payment_key)[0]
        except LOST:
            return None

    def booking(self) -> dict:
        status, answer, _ = self._call("GET", f"/api/v1/bookings/{self.token}/")
        assert status == 200, answer
        return answer

    def _call(self, method: str, path: str, body: object = None, key: str = "") -> tuple:
        headers = {"Idempotency_Key": key or uuid.uuid4().hex}
        if self.cookie:
            headers["Cookie"] = self.cookie
        return _once(Client(self.site), method, path, body, **headers)


def _once(client: Client, method: str, path: str, body: object, **headers: str) -> tuple:
    try:
        return client.call(method, path, body, **headers)
    finally:
        client.connection.close()
