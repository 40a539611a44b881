"""The stand-in's pages and files for the browser."""

from typing import TYPE_CHECKING

from payments.sandbox.wire import Request, Response

if TYPE_CHECKING:
    from payments.sandbox.app import Sandbox


def respond(sandbox: "Sandbox", request: Request) -> Response:
    return Response(404, "Not found", mime="text/plain")
