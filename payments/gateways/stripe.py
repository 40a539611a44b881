"""Stripe, and the only file that imports its library. Keeps the promise of `base`.

The API version is pinned to the one the library was made for; its own retries are off, because only
our rows know whether a request may be sent again.
"""

import http.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings

from core.tracing import spans
from payments.gateways import calls, parsing, transport
from payments.gateways.base import (
    AlreadyDone,
    Busy,
    ConfirmationToken,
    Declined,
    GatewayDispute,
    GatewayPayment,
    GatewayRefund,
    GatewayWarning,
    Missing,
    NotSent,
    Operation,
    Rejected,
    Unreachable,
)

API_VERSION = "2026-10-28.endive"
LOOK_UP_MARGIN = timedelta(minutes=10)
LOOK_UP_ITEMS_MAX = 2_000
_MOVED_ON = {
    "payment_intent_unexpected_state",
    "charge_already_captured",
    "charge_already_refunded",
    "charge_expired_for_capture",
    "capture_charge_authorization_expired",
}
_WITH_CHARGE = ["latest_charge"]


# --- Reading -----------------------------------------------------------------------------------


def confirmation_token(token_id: str) -> ConfirmationToken:
    return parsing.confirmation_token(
        _read("confirmation token", lambda api: api.confirmation_tokens.retrieve(token_id))
    )


def payment(payment_id: str) -> GatewayPayment:
    return parsing.payment(
        _read(
            "payment",
            lambda api: api.payment_intents.retrieve(payment_id, {"expand": _WITH_CHARGE}),
        )
    )


def find_payment(
    operation_id: str, *, first_sent_at: datetime, last_sent_at: datetime
) -> GatewayPayment | None:
    """The payment made for this operation, by looking through all that were made while it was asked for."""
    made = {
        "gte": int((first_sent_at - LOOK_UP_MARGIN).timestamp()),
        "lte": int((last_sent_at + LOOK_UP_MARGIN).timestamp()),
    }
    window = {"created": made, "limit": 100, "expand": ["data.latest_charge"]}
    found = _find("payments", lambda api: api.payment_intents.list(window), operation_id)
    return None if found is None else parsing.payment(found)


def refund(refund_id: str) -> GatewayRefund:
    return parsing.refund(_read("refund", lambda api: api.refunds.retrieve(refund_id)))


def find_refund(operation_id: str, *, payment_id: str) -> GatewayRefund | None:
    of_payment = {"payment_intent": payment_id, "limit": 100}
    found = _find("refunds", lambda api: api.refunds.list(of_payment), operation_id)
    return None if found is None else parsing.refund(found)


def refunds_of(payment_id: str) -> list[GatewayRefund]:
    of_payment = {"payment_intent": payment_id, "limit": 100}
    listed = _read("refunds", lambda api: api.refunds.list(of_payment))
    return [parsing.refund(raw) for raw in listed["data"]]


def dispute(dispute_id: str) -> GatewayDispute:
    return parsing.dispute(_read("dispute", lambda api: api.disputes.retrieve(dispute_id)))


def fraud_warning(warning_id: str) -> GatewayWarning:
    return parsing.fraud_warning(
        _read("fraud_warning", lambda api: api.radar.early_fraud_warnings.retrieve(warning_id))
    )


def page(collection: str, params: dict[str, Any]) -> Mapping[str, Any]:
    """One page of a list as it came; `lists` reads them.

    Not as the library's objects: a hundred payments cost 0.2 s of making these.
    """

    def ask() -> Mapping[str, Any]:
        with _translated():
            return _client().raw_request("get", f"/v1/{collection}", **params).data

    return calls.read(collection, ask)


def check() -> None:
    """Whether Stripe answers: the smallest question there is."""
    _read("check", lambda api: api.payment_intents.list({"limit": 1}))


# --- Changing ----------------------------------------------------------------------------------


def authorise(
    operation: Operation, *, token: str, amount_minor: int, currency: str, booking: str,
    return_url: str, three_d_secure: bool, now: datetime,
) -> GatewayPayment:  # fmt: skip
    """Ask the bank to set the amount aside. Nothing is taken before `capture`."""
    params: dict[str, Any] = {
        "amount": amount_minor,
        "currency": currency.lower(),
        "automatic_payment_methods": {"enabled": True},
        "capture_method": "manual",
        "confirm": True,
        "confirmation_token": token,
        "return_url": return_url,
        "use_stripe_sdk": True,
        "metadata": {"booking": booking, "operation_id": operation.id},
        "expand": _WITH_CHARGE,
    }
    if three_d_secure:
        params["payment_method_options"] = {"card": {"request_three_d_secure": "any"}}
    answer = parsing.payment(
        _write(operation, "authorise", params, lambda api: api.payment_intents.create, now=now)
    )
    if (answer.amount, answer.currency) != (amount_minor, currency):
        raise parsing.Garbled("other_amount")
    return answer


def capture(
    operation: Operation, *, payment_id: str, amount_minor: int, now: datetime
) -> GatewayPayment:
    params = {"amount_to_capture": amount_minor, "expand": _WITH_CHARGE}
    return parsing.payment(
        _write(operation, "capture", params, _on(payment_id, "capture"), now=now)
    )


def cancel(operation: Operation, *, payment_id: str, now: datetime) -> GatewayPayment:
    """Let the money go. Doing it twice is doing it once, so a key that brings no more than a stored refusal is
    followed by the next one."""
    verb = calls.repeatable(operation, "cancel", now=now)
    params = {"expand": _WITH_CHARGE}
    return parsing.payment(_write(operation, verb, params, _on(payment_id, "cancel"), now=now))


def give_back(
    operation: Operation, *, payment_id: str, amount_minor: int, reason: str, booking: str,
    now: datetime, verb: str = "refund",
) -> GatewayRefund:  # fmt: skip
    params = {
        "payment_intent": payment_id,
        "amount": amount_minor,
        "reason": reason,
        "metadata": {"booking": booking, "operation_id": operation.id},
    }
    return parsing.refund(_write(operation, verb, params, lambda api: api.refunds.create, now=now))


def give_rest_back(
    operation: Operation, *, payment_id: str, amount_minor: int, booking: str, now: datetime
) -> GatewayRefund:
    """All that is left of a payment. More than was taken never goes back, so asking twice is asking once, and a key
    that brings no more than a stored refusal is followed by the next one."""
    return give_back(
        operation,
        payment_id=payment_id,
        amount_minor=amount_minor,
        reason="requested_by_customer",
        booking=booking,
        now=now,
        verb=calls.repeatable(operation, "refund", now=now),
    )


def send_evidence(
    operation: Operation, *, dispute_id: str, evidence: Mapping[str, str], now: datetime
) -> GatewayDispute:
    """To the bank, once: what is sent can't be changed. The name goes with it, so that it can be found there."""
    params = {
        "evidence": dict(evidence),
        "submit": True,
        "metadata": {"operation_id": operation.id},
    }
    return parsing.dispute(
        _write(operation, "evidence", params, _on_dispute(dispute_id, "update"), now=now)
    )


def accept_dispute(operation: Operation, *, dispute_id: str, now: datetime) -> GatewayDispute:
    """Lost, for good."""
    return parsing.dispute(
        _write(operation, "accept", {}, _on_dispute(dispute_id, "close"), now=now)
    )


# --- The library -------------------------------------------------------------------------------


def library_version() -> str:
    """The API version that the installed library was made for."""
    return stripe._api_version._ApiVersion.CURRENT


class _HTTP(stripe.HTTPClient):
    """The library's wire, replaced by ours."""

    name = "deadline"

    def __init__(self, wire: transport.Wire) -> None:
        super().__init__()
        self._wire = wire

    def request(  # type: ignore[override]  # the library takes bytes as well, and decodes them
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: Any = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        headers = headers or {}
        calls.refuse_unintended(method, headers.get("Idempotency-Key"))
        with spans.gateway(method.upper(), url) as span:
            answer = self._wire.request(method.upper(), url, headers, post_data)
            span.set_attribute("http.response.status_code", answer[1])
            return answer

    def close(self) -> None:
        self._wire.close()


@lru_cache(maxsize=4)
def _api(key: str, base: str) -> Any:
    stripe.enable_telemetry = False
    wire = _HTTP(transport.Wire(stripe.ca_bundle_path))
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        stripe_version=API_VERSION,
        max_network_retries=0,
        http_client=wire,
    )


def _client() -> Any:
    return _api(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


def _read(what: str, ask: Callable[[Any], Any]) -> Mapping[str, Any]:
    def request() -> Mapping[str, Any]:
        with _translated():
            return ask(_client().v1).to_dict()

    return calls.read(what, request)


def _write(
    operation: Operation, verb: str, params: dict[str, Any],
    method: Callable[[Any], Callable[..., Any]], *, now: datetime,
) -> Mapping[str, Any]:  # fmt: skip
    def request(key: str) -> Mapping[str, Any]:
        with _translated():
            return method(_client().v1)(params, {"idempotency_key": key}).to_dict()

    return calls.write(operation, verb, params, request, now=now)


def _on(payment_id: str, verb: str) -> Callable[[Any], Callable[..., Any]]:
    return _of("payment_intents", payment_id, verb)


def _on_dispute(dispute_id: str, verb: str) -> Callable[[Any], Callable[..., Any]]:
    return _of("disputes", dispute_id, verb)


def _of(collection: str, object_id: str, verb: str) -> Callable[[Any], Callable[..., Any]]:
    def method(api: Any) -> Callable[..., Any]:
        act = getattr(getattr(api, collection), verb)
        return lambda params, options: act(object_id, params, options)

    return method


def _find(what: str, ask: Callable[[Any], Any], operation_id: str) -> Mapping[str, Any] | None:
    def request() -> Mapping[str, Any] | None:
        with _translated():
            for place, item in enumerate(ask(_client().v1).auto_paging_iter()):
                if place >= LOOK_UP_ITEMS_MAX:
                    raise Unreachable("look_up_too_long")
                raw = item.to_dict()
                if (raw.get("metadata") or {}).get("operation_id") == operation_id:
                    return raw
        return None

    return calls.read(what, request)


@contextmanager
def _translated() -> Iterator[None]:
    """The library's errors, and the wire's, in the words of `base`."""
    try:
        yield
    except transport.DeadlinePassed as error:
        raise NotSent("no_time_left") from error
    except transport.ConnectFailed as error:
        raise NotSent("no_connection") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable("no_answer") from error
    except stripe.CardError as error:
        raise _declined(error) from error
    except stripe.RateLimitError as error:
        raise Busy("rate_limit", retry_after=_retry_after(error)) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Busy("key_refused") from error
    except stripe.IdempotencyError as error:
        raise Rejected("idempotency_error") from error
    except stripe.InvalidRequestError as error:
        raise _refused(error) from error
    except stripe.StripeError as error:
        if error.http_status == http.client.CONFLICT:
            raise Busy("in_flight") from error
        raise Unreachable(f"http_{error.http_status}") from error


def _declined(error: stripe.CardError) -> Declined:
    answer: Any = error.json_body or {}
    body = answer.get("error") or {}
    raw = body.get("payment_intent")
    return Declined(
        code=body.get("code") or "card_declined",
        decline_code=body.get("decline_code") or "",
        payment=parsing.payment(raw) if isinstance(raw, Mapping) else None,
    )


def _refused(error: stripe.InvalidRequestError) -> Exception:
    code = error.code or ""
    if code in _MOVED_ON:
        return AlreadyDone(code)
    if error.http_status == http.client.NOT_FOUND or code == "resource_missing":
        return Missing(code or "resource_missing", param=error.param)
    return Rejected(code or "invalid_request", param=error.param)


def _retry_after(error: stripe.StripeError) -> int | None:
    value = (error.headers or {}).get("Retry-After", "")
    return int(value) if value.isdigit() else None
