"""The stand-in's pages and files for the browser: the script, the card frame, the bank's page."""

from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

from payments.sandbox import confirmation, errors, payment_methods
from payments.sandbox.books import Books, Cause, Json
from payments.sandbox.wire import Request, Response

if TYPE_CHECKING:
    from payments.sandbox.app import Sandbox

FILES = Path(__file__).parent / "files"
MIMES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
NAMES = ("stripe.js", "card-frame.js", "card-frame.css", "challenge.js", "challenge.css")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " font-src http: https: data:; base-uri 'none'"
)
SYMBOLS = {"gbp": "£", "eur": "€", "usd": "$"}


def respond(sandbox: "Sandbox", request: Request) -> Response:
    name = request.path.removeprefix("/js/")
    if request.method == "GET" and name in NAMES:
        return _file(name)
    if request.method == "GET" and name == "card-frame":
        return _page(_text("card-frame.html"), "form-action 'none'")
    if request.path.startswith("/3ds/"):
        return _challenge(sandbox, request, request.path.removeprefix("/3ds/"))
    return Response(404, "Not found", mime="text/plain; charset=utf-8")


def _challenge(sandbox: "Sandbox", request: Request, intent_id: str) -> Response:
    """Shows the question, or takes the answer and sends the customer back."""
    if request.method == "GET":
        books = sandbox.open_books(sandbox.store.connection)
        intent, challenge = _open_challenge(books, request, intent_id)
        if challenge is None or intent is None or intent["status"] != "requires_action":
            return _page(_text("answered.html"))
        return _question(books, request, intent)
    with sandbox.store.transaction() as connection:
        books = sandbox.open_books(connection, cause=Cause(request.id, None))
        intent, challenge = _open_challenge(books, request, intent_id)
        if intent is not None and challenge is not None:
            _answer(books, request, intent)
        books.flush()
    sandbox.deliveries.wake()
    return _back(request, intent, challenge)


def _open_challenge(
    books: Books, request: Request, intent_id: str
) -> tuple[Json | None, Json | None]:
    """The intent and its challenge, when the address carries the challenge's own source."""
    try:
        intent = books.get("payment_intent", intent_id)
    except errors.StripeError:
        return None, None
    challenge = books.private(intent_id).get("challenge")
    if challenge is None or challenge["source"] != request.params.get("source"):
        return intent, None
    return intent, challenge


def _answer(books: Books, request: Request, intent: Json) -> None:
    if intent["status"] != "requires_action":
        return
    result = request.params.get("result")
    if result == "close" and "frame" not in request.params:
        return  # walking away from the bank's own page decides nothing
    confirmation.answer_challenge(
        books, intent, passed=result == "authenticate", base_url=request.base_url
    )


def _back(request: Request, intent: Json | None, challenge: Json | None) -> Response:
    return_url = (challenge or {}).get("return_url")
    if "frame" in request.params or not return_url or intent is None:
        return _page(_text("answered.html"))
    passed = intent["status"] in ("succeeded", "requires_capture", "processing")
    query = urlencode(
        {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": "succeeded" if passed else "failed",
        }
    )
    parts = urlsplit(return_url)
    joined = f"{parts.query}&{query}" if parts.query else query
    return Response(303, "", [("Location", urlunsplit(parts._replace(query=joined)))], "text/plain")


def _question(books: Books, request: Request, intent: Json) -> Response:
    method = books.get("payment_method", intent["payment_method"])
    symbol = SYMBOLS.get(intent["currency"], intent["currency"].upper() + " ")
    query: Json = {
        name: request.params[name] for name in ("source", "frame") if name in request.params
    }
    values = {
        "amount": f"{symbol}{intent['amount'] / 100:,.2f}",
        "card": f" from your card ending {payment_methods.card_of(method).last4}",
        "action": f"{request.path}?{urlencode(query)}",
    }
    text = _text("challenge.html")
    for name, value in values.items():
        text = text.replace(f"{{{{ {name} }}}}", escape(value))
    return _page(text)


def _page(text: str, more_policy: str = "") -> Response:
    """A page with its own policy. It may be framed by any origin: the shop's address is not known."""
    policy = f"{POLICY}; {more_policy}" if more_policy else POLICY
    headers = [
        ("Content-Security-Policy", policy),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
    ]
    return Response(200, text, headers, "text/html; charset=utf-8")


def _file(name: str) -> Response:
    mime = MIMES[Path(name).suffix]
    headers = [("Cache-Control", "no-cache"), ("Access-Control-Allow-Origin", "*")]
    return Response(200, _text(name), headers, f"{mime}; charset=utf-8")


@cache
def _text(name: str) -> str:
    return (FILES / name).read_text()
