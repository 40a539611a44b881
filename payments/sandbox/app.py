"""The sandbox as a WSGI application: Stripe's API, the browser's pages, the control plane."""

import json
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from . import (
    control,
    errors,
    expansion,
    faults,
    idempotency,
    journal,
    routes,
    webhook_endpoints,
    wire,
)
from .books import Books, Cause, WebhookPlan
from .browser import pages
from .call import Call
from .clock import Clock
from .delivery import Deliveries
from .errors import StripeError
from .keys import Access
from .settings import Settings
from .store import Store
from .timetable import Timetable
from .wire import Request, Response

logger = logging.getLogger("sandbox")

HTML_502 = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
BROWSER_HEADERS = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, Stripe-Version"),
    ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
    ("Access-Control-Max-Age", "600"),
]


class Sandbox:
    def __init__(self, folder: Path, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(folder)
        self.clock = Clock(self.store)
        self.keys = idempotency.Keys(self.store)
        self.access = Access(settings)
        self.faults = faults.Faults()
        self.plan = WebhookPlan()
        self.deliveries = Deliveries(self.store, self.clock)
        self.timetable = Timetable(self.store, self.clock, self.open_books)
        self.delay_ms = settings.delay_ms

    def start(self) -> None:
        """Begins to deliver and to keep time; called once, in the process that serves."""
        control.load_plan(self)
        self.ensure_endpoint()
        self.deliveries.start()
        self.timetable.start(self.deliveries.wake)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        try:
            response = self._respond(wire.read(environ))
        except StripeError as error:
            response = Response(error.status, json.dumps({"error": error.body}))
        except faults.Cut:
            faults.cut(environ.get("gunicorn.socket"))
            response = Response(500, "")
        except Exception:
            logger.exception("the sandbox itself failed at %s", environ.get("PATH_INFO"))
            response = Response(500, json.dumps({"error": errors.broken().body}))
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        body = response.body.encode()
        start_response(
            status,
            [
                ("Content-Type", response.mime),
                ("Content-Length", str(len(body))),
                *response.headers,
            ],
        )
        return [body]

    def open_books(
        self, connection: Any, *, now: int | None = None, cause: Cause | None = None
    ) -> Books:
        moment = self.clock.now() if now is None else now
        return Books(connection, moment, cause or Cause(), self.plan)

    def ensure_endpoint(self) -> None:
        if not self.settings.webhook_url:
            return
        with self.store.transaction() as connection:
            books = self.open_books(connection)
            webhook_endpoints.ensure(
                books,
                self.settings.webhook_url,
                self.settings.webhook_secret,
                list(self.settings.webhook_events),
            )
            books.flush()

    def _respond(self, request: Request) -> Response:
        if request.path.startswith("/v1/"):
            return self._api(request)
        if request.path.startswith("/_control/"):
            return control.respond(self, request)
        return pages.respond(self, request)

    def _api(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(204, "", BROWSER_HEADERS)
        found = routes.find(request.method, request.path)
        rule = None
        try:
            self.access.check(request, found[0] if found else None)
            if found is None:
                raise errors.unknown_address(request.method, request.path)
            rule = self.faults.take(request)
            self.faults.strike_before(rule, request)
            response = self._answer(request, *found, rule)
        except StripeError as error:
            response = self._refusal(request, error)
            self._note(request, response, rule)
        except faults.BadGateway:
            response = Response(502, HTML_502, mime="text/html")
            self._note(request, response, rule)
        except faults.Cut:
            self._note(request, Response(0, ""), rule)
            raise
        answered = self.faults.strike_after(rule, request, response)
        return self._with_headers(request, answered)

    def _answer(
        self, request: Request, route: routes.Route, object_id: str, rule: faults.Rule | None
    ) -> Response:
        key = request.headers.get("idempotency-key")
        if request.method != "POST" or not key:
            return self._execute(request, route, object_id, rule, None)
        with self.keys.running(key):
            replayed = self.keys.kept(request, key, self.clock.now())
            if replayed is not None:
                self._note(request, replayed, rule)
                return replayed
            return self._execute(request, route, object_id, rule, key)

    def _execute(
        self,
        request: Request,
        route: routes.Route,
        object_id: str,
        rule: faults.Rule | None,
        key: str | None,
    ) -> Response:
        """Runs the handler; its changes, its answer, the key and the journal are one transaction."""
        faults.pause(self.delay_ms / 1000)
        if request.method == "GET":
            books = self.open_books(self.store.connection)
            response = _shown(books, request, route.handler(Call(books, request, object_id)))
            self._note(request, response, rule)
            return response
        try:
            with self.store.transaction() as connection:
                books = self.open_books(connection, cause=Cause(request.id, key))
                response = _run(books, request, route, object_id)
                if rule is not None and rule.fault == "error_after":
                    response = self._refusal(request, errors.broken())
                self._keep(books, request, response, rule, key)
        except StripeError as error:
            if not error.kept:
                raise
            response = self._refusal(request, error)
            with self.store.transaction() as connection:
                self._keep(self.open_books(connection), request, response, rule, key)
            return response
        if books.queued:
            self.deliveries.wake()
        return response

    def _keep(
        self,
        books: Books,
        request: Request,
        response: Response,
        rule: faults.Rule | None,
        key: str | None,
    ) -> None:
        books.flush()
        if key is not None:
            idempotency.keep(books.connection, request, key, response, books.now)
        fault = rule.fault if rule else ""
        journal.write(books.connection, request, response, fault, books.now)

    def _note(self, request: Request, response: Response, rule: faults.Rule | None) -> None:
        with self.store.transaction() as connection:
            fault = rule.fault if rule else ""
            journal.write(connection, request, response, fault, self.clock.now())

    def _refusal(self, request: Request, error: StripeError) -> Response:
        body = {**error.body, "request_log_url": f"{request.base_url}/_requests/{request.id}"}
        return Response(error.status, json.dumps({"error": body}), list(error.headers))

    def _with_headers(self, request: Request, response: Response) -> Response:
        response.headers.append(("Request-Id", request.id))
        if request.version:
            response.headers.append(("Stripe-Version", request.version))
        if "idempotency-key" in request.headers:
            response.headers.append(("Idempotency-Key", request.headers["idempotency-key"]))
        if "origin" in request.headers:
            response.headers.extend(BROWSER_HEADERS)
        return response


def _run(books: Books, request: Request, route: routes.Route, object_id: str) -> Response:
    """The handler's answer; a decline commits what led to it and is an answer like any other."""
    try:
        body = route.handler(Call(books, request, object_id))
        books.flush()
        return _shown(books, request, body)
    except StripeError as error:
        if not error.commits:
            raise
        return Response(error.status, json.dumps({"error": error.body}))


def _shown(books: Books, request: Request, body: dict[str, Any]) -> Response:
    return wire.answer(expansion.expanded(books, body, request.params.get("expand")))
