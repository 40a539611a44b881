"""Stripe's error bodies, one function for each refusal that the sandbox knows.

An error is `kept` when the call had begun (its answer is then stored for its idempotency key) and
`commits` when what happened so far stays, as with a declined card.
"""

from typing import Any

DOCS = "https://stripe.com/docs/error-codes/"

TITLES = {
    "radar.early_fraud_warning": "early fraud warning",
    "balance_transaction": "balance transaction",
}


class StripeError(Exception):
    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kept: bool = False,
        commits: bool = False,
        headers: tuple[tuple[str, str], ...] = (),
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.commits = commits
        self.headers = headers
        body = {"code": code, "message": message, "param": param, "type": kind, **extra}
        if code:
            body["doc_url"] = DOCS + code.replace("_", "-")
        self.body = {name: value for name, value in body.items() if value is not None}


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> StripeError:
    """A request refused before anything began: not stored for its key."""
    return StripeError(400, "invalid_request_error", message, code=code, param=param)


def refused(
    message: str, *, code: str | None = None, param: str | None = None, **extra: Any
) -> StripeError:
    """A lawful request that the object's state does not allow: stored for its key."""
    return StripeError(
        400, "invalid_request_error", message, code=code, param=param, kept=True, **extra
    )


def parameter_missing(param: str) -> StripeError:
    return invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)


def parameter_unknown(param: str) -> StripeError:
    return invalid(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def parameter_empty(param: str) -> StripeError:
    return invalid(
        f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset"
        f" a parameter; however '{param}' cannot be unset.",
        code="parameter_invalid_empty",
        param=param,
    )


def not_an_integer(param: str, value: object) -> StripeError:
    return invalid(f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)


def method_types_gone() -> StripeError:
    return invalid(
        "The parameter payment_method_types is no longer supported in this API version. Use"
        " allowed_payment_method_types or automatic_payment_methods instead.",
        code="payment_method_types_no_longer_supported",
        param="payment_method_types",
    )


def missing(kind: str, object_id: str, param: str | None = None) -> StripeError:
    title = TITLES.get(kind, kind)
    return StripeError(
        404 if param in (None, "intent") else 400,
        "invalid_request_error",
        f"No such {title}: '{object_id}'",
        code="resource_missing",
        param=param or "id",
    )


def unknown_address(method: str, path: str) -> StripeError:
    return StripeError(
        404,
        "invalid_request_error",
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we"
        " can help at https://support.stripe.com/.",
    )


def unauthenticated(message: str) -> StripeError:
    return StripeError(401, "invalid_request_error", message)


def forbidden(message: str) -> StripeError:
    return StripeError(403, "invalid_request_error", message)


def unexpected_state(message: str, intent: dict[str, Any]) -> StripeError:
    return refused(message, code="payment_intent_unexpected_state", payment_intent=intent)


def key_reused() -> StripeError:
    return StripeError(
        400,
        "idempotency_error",
        "Keys for idempotent requests can only be used with the same parameters they were first"
        " used with. Try using a key other than the one you used before if you meant to execute a"
        " different request.",
    )


def key_in_use() -> StripeError:
    return StripeError(
        409,
        "idempotency_error",
        "There is currently another in-progress request using this Idempotency Key (that probably"
        " means you submitted twice, and the other request is still going through). Please try"
        " again later.",
        code="idempotency_key_in_use",
    )


def too_many_requests() -> StripeError:
    return StripeError(
        429,
        "invalid_request_error",
        "Request rate limit exceeded. Learn more about rate limits here"
        " https://stripe.com/docs/rate-limits.",
        code="rate_limit",
    )


def broken() -> StripeError:
    return StripeError(
        500,
        "api_error",
        "An unknown error occurred. If you have any questions, we can help at"
        " https://support.stripe.com/.",
        kept=True,
    )
