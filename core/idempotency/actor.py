"""Whose key it is: nobody can replay another's answer."""

from django.conf import settings
from django.http import HttpRequest

from core.crypto.index import keyed_digest
from core.ratelimit.address import client_network

BROWSER_COOKIE: str = settings.BROWSER_COOKIE_NAME


def scopes_of(request: HttpRequest) -> list[str]:
    """The scopes of who asks, the strongest first: staff, browser, else address and program."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return [_digest(f"staff|{user.pk}")]
    browser = request.COOKIES.get(BROWSER_COOKIE)
    return [scope_of_browser(browser)] if browser else [_scope_of_stranger(request)]


def scope_of_browser(browser: str) -> str:
    return _digest(f"browser|{browser}")


def _scope_of_stranger(request: HttpRequest) -> str:
    return _digest(f"stranger|{client_network(request)}|{request.headers.get('User-Agent', '')}")


def _digest(text: str) -> str:
    return keyed_digest(text, purpose="idempotency-scope")
