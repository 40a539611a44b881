"""Whom a request is counted for: its network, its user, everybody together.

Keys are digests: the store holds no address, no account and no cookie.
"""

from collections.abc import Iterator, Mapping

from django.conf import settings
from django.http import HttpRequest

from core.crypto.index import blind_index, keyed_digest
from core.ratelimit import store
from core.ratelimit.address import client_network

ADDRESS, USER, GLOBAL = "address", "user", "global"
KNOWN_SECONDS = 30 * 86400
BROWSER_LENGTH = 32


def of(request: HttpRequest, name: str, known: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(scope, key, rate) for each limit that settings name: "pages", "pages.user", "pages.global".

    `known` keys are used instead of what the request says by itself.
    """
    found = {ADDRESS: network_digest, USER: user_key, GLOBAL: lambda _request: "all"}
    for scope, look_up in found.items():
        rate = settings.RATE_LIMITS.get(name if scope == ADDRESS else f"{name}.{scope}", "")
        key = known.get(scope) or look_up(request) if rate else ""
        if key:
            yield scope, key, rate


def network_digest(request: HttpRequest) -> str:
    return keyed_digest(client_network(request), purpose="limit-network")[:32]


def user_key(request: HttpRequest) -> str:
    """The member of staff, else the browser that books; "" for who shows neither.

    The cookie is only believed against its owner: a fresh one for each request gains nothing, since the
    address counts as well.
    """
    user = request.__dict__.get("_cached_user")
    if user is not None and user.is_authenticated:
        return f"staff:{user.pk}"
    cookie = request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")
    if len(cookie) != BROWSER_LENGTH:
        return ""
    return keyed_digest(cookie, purpose="limit-browser")[:32]


def account_key(account: str) -> str:
    """Whoever tries to sign in as this, from anywhere."""
    return blind_index(account, "limit-account")[:32]


def is_known(request: HttpRequest, account: str) -> bool:
    return store.remembers(known_mark(request, account))


def known_mark(request: HttpRequest, account: str) -> str:
    text = f"{account.casefold().strip()}|{client_network(request)}"
    return f"known:{keyed_digest(text, purpose='limit-known')[:32]}"


def signed_in(request: HttpRequest, account: str) -> None:
    store.remember(known_mark(request, account), seconds=KNOWN_SECONDS)
