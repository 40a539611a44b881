"""Ready for a CDN: what is the same for everybody says how long anyone may keep it, and under which keys to purge it.

What holds a session, a form's token, a cookie or a nonce is nobody's but its reader's, whatever a view asks for.
"""

import hashlib
import math
from collections.abc import Iterable
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers

from core.cache import codec
from core.cache.entries import now

PLACES_SECONDS_MAX = 15
STALE_SHARE = 3
SECRETS = (b"csrfmiddlewaretoken", b"idempotency_key", b"nonce=")


class Kept(NamedTuple):
    """An answer's body, the same for everybody who asks this, and when what it says was read."""

    body: str
    etag: str
    read_at: float

    @classmethod
    def of(cls, body: str, *, read_at: float) -> "Kept":
        return cls(str(body), f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"', read_at)


codec.register_record(Kept, name="cache.Kept")


def answer(
    request: HttpRequest, kept: Kept, *, content_type: str, seconds: float, keys: Iterable[str],
    vary: Iterable[str] = (), in_browsers: bool = True,
) -> HttpResponseBase:  # fmt: skip
    """The kept body, or 304 for who has it already. Nobody may show it when it is older than `seconds`."""
    response = HttpResponse(kept.body, content_type=content_type)
    response.headers["ETag"] = kept.etag
    if vary:
        patch_vary_headers(response, list(vary))
    left = seconds - max(0.0, now() - kept.read_at)
    share(response, seconds=left, keys=keys, in_browsers=in_browsers)
    return get_conditional_response(request, etag=kept.etag, response=response) or response


def share(
    response: HttpResponse, *, seconds: float, keys: Iterable[str], in_browsers: bool = True
) -> None:
    """So many seconds are left: a part of them fresh, the rest while asking again; none: ask each time.

    Without `in_browsers` only a CDN keeps it: a visitor who comes back asks, and mostly hears 304.
    """
    if not is_for_everybody(response):
        keep_private(response)
        return
    left = max(0, math.floor(seconds))
    stale = left // STALE_SHARE
    patch_cache_control(
        response, public=True, max_age=left - stale if in_browsers else 0, s_maxage=left - stale,
        stale_while_revalidate=stale,
    )  # fmt: skip
    response.headers["Surrogate-Key"] = " ".join(sorted(set(keys)))


def keep_private(response: HttpResponseBase) -> None:
    """One browser's own; it asks again each time."""
    patch_cache_control(response, private=True, no_cache=True)
    response.headers.pop("Surrogate-Key", None)


def is_for_everybody(response: HttpResponse) -> bool:
    """A search for each word by itself is a hundred times as quick as one expression for all of them."""
    varies = {name.strip().lower() for name in response.get("Vary", "").split(",")}
    return (
        response.status_code == 200
        and not response.cookies
        and "cookie" not in varies
        and not any(secret in response.content for secret in SECRETS)
    )
