"""The limits by name, each for three: the client's network, the user, everybody together (settings.RATE_LIMITS).

    limits.spend(request, limits.POSTS)            # at the doors: a window that begins anew
    limits.look(request, limits.LINKS)             # is it used up? `limits.miss` counts what led nowhere
    limits.roll(request, limits.CARDS)             # where guessing pays: never more in any stretch of time

What a limit refuses is 429 with Retry-After and RateLimit headers, a metric and a line in the security log. Where the
shared store is away each process counts for itself (`store`): never unlimited, never closed to all.
"""

from collections.abc import Callable, Iterable

from django.http import HttpRequest

from core import security_events
from core.ratelimit import metrics, scopes, store
from core.ratelimit.rates import Rate, parse
from core.ratelimit.usage import TooManyRequests, Usage
from core.tracing import work

__all__ = [
    "CARDS",
    "ENQUIRIES",
    "LINKS",
    "LINKS_ASKED",
    "PAGES",
    "POSTS",
    "SENT_AGAIN",
    "SIGN_IN",
    "VITALS",
    "TooManyRequests",
    "look",
    "miss",
    "roll",
    "spend",
]

LINKS, POSTS, PAGES = "unknown_links", "posts", "pages"
SIGN_IN, CARDS = "sign_in", "card_attempts"
ENQUIRIES, SENT_AGAIN = "enquiries", "sent_again"
VITALS, LINKS_ASKED = "vitals", "links_asked"
ROLLING = (SIGN_IN, CARDS)

Count = Callable[[str, str, Rate], tuple[Usage, str]]


def spend(request: HttpRequest, name: str, *, only: tuple[str, ...] = ()) -> Usage | None:
    """Count this request against the named limit; raises TooManyRequests when that is too many.

    Returns the tightest usage. `only` some scopes, where the others are not known yet. All are counted in one
    step, up to the first that is too many: what one client is refused counts for nobody else.
    """
    found = [each for each in scopes.of(request, name, {}) if not only or each[0] in only]
    usages, counted_by = store.windows(
        [(f"{name}.{scope}", key, parse(rate)) for scope, key, rate in found]
    )
    counted = [(each[0], usage, counted_by) for each, usage in zip(found, usages, strict=False)]
    return _tightest(request, name, counted)


def look(request: HttpRequest, name: str) -> Usage | None:
    """Raises TooManyRequests when the limit is used up; counts nothing."""
    return _each(
        request,
        name,
        lambda group, key, rate: store.window(request, group, key, rate, increment=False),
    )


def miss(request: HttpRequest, name: str) -> Usage | None:
    """Count one that led nowhere against a limit that `look` watches."""
    return _each(
        request,
        name,
        lambda group, key, rate: store.window(request, group, key, rate, increment=True),
    )


def roll(request: HttpRequest, name: str, *, only: tuple[str, ...] = ()) -> Usage | None:
    """Count a try at something that is worth guessing, over a rolling window. `only` some scopes, as for `spend`."""
    return _each(request, name, store.rolling, only)


def roll_sign_in(request: HttpRequest, account: str) -> Usage | None:
    """The same for a sign-in, counted for the account too.

    From a network where the account has signed in before, the account's count is one of its own and everybody's
    together does not matter: strangers who try many passwords lock nobody out of their own desk.
    """
    if scopes.is_known(request, account):
        own, only = scopes.known_mark(request, account), (scopes.ADDRESS, scopes.USER)
        return _each(request, SIGN_IN, store.rolling, only, {scopes.USER: own})
    return _each(request, SIGN_IN, store.rolling, keys={scopes.USER: scopes.account_key(account)})


def _each(
    request: HttpRequest,
    name: str,
    count: Count,
    only: tuple[str, ...] = (),
    keys: dict[str, str] | None = None,
) -> Usage | None:
    counted = (
        (scope, *count(f"{name}.{scope}", key, parse(rate)))
        for scope, key, rate in scopes.of(request, name, keys or {})
        if not only or scope in only
    )
    return _tightest(request, name, counted)


def _tightest(
    request: HttpRequest, name: str, counted: Iterable[tuple[str, Usage, str]]
) -> Usage | None:
    tightest: Usage | None = None
    for scope, usage, counted_by in counted:
        outcome = "refused" if usage.over else "passed"
        metrics.decisions_total.labels(name, scope, outcome, counted_by).inc()
        if usage.over:
            _refuse(request, name, scope, usage)
        if tightest is None or usage.remaining < tightest.remaining:
            tightest = usage
    if tightest is not None:
        work.note(rate_limit_left=tightest.remaining)
    return tightest


def _refuse(request: HttpRequest, name: str, scope: str, usage: Usage) -> None:
    security_events.tell(
        "excess_rate_limit_exceeded",
        limit=name,
        scope=scope,
        allowed=usage.limit,
        network=scopes.network_digest(request)[:16],
    )
    raise TooManyRequests(name, usage)
