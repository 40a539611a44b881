"""System checks of the limits: every rate can be read, and where guessing pays there is one."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from core.ratelimit import limits
from core.ratelimit.rates import BadRate, parse

NEVER_WITHOUT = (limits.LINKS, limits.SIGN_IN, limits.CARDS)
PROXIES_MAX = 5


@register(Tags.security)
def rates(**_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name, text in settings.RATE_LIMITS.items():
        try:
            if text:
                parse(text)
        except BadRate as error:
            hint = "Write count/period, such as 600/m or 60/10m."
            found.append(Error(f"The limit {name}: {error}.", hint=hint, id="core.E060"))
    missing = [name for name in NEVER_WITHOUT if not settings.RATE_LIMITS.get(name)]
    hint = "Passwords, links and cards could be guessed without end: give it a rate."
    return found + [
        Error(f"There is no limit {name}.", hint=hint, id="core.E061") for name in missing
    ]


@register(Tags.security)
def proxies(**_kwargs: Any) -> list[CheckMessage]:
    if 0 <= settings.TRUSTED_PROXY_COUNT <= PROXIES_MAX:
        return []
    return [
        Error(
            f"TRUSTED_PROXY_COUNT is {settings.TRUSTED_PROXY_COUNT}.",
            hint="How many of our own proxies stand in front; each more lets a client write an address of its choice.",
            id="core.E062",
        )
    ]


@register(Tags.security, deploy=True)
def no_proxy(**_kwargs: Any) -> list[CheckMessage]:
    if settings.TRUSTED_PROXY_COUNT or not settings.SECURE_SSL_REDIRECT:
        return []
    return [
        Warning(
            "TRUSTED_PROXY_COUNT is 0, so all customers behind a proxy count as one.",
            hint="Production ends TLS at a proxy: set how many stand in front.",
            id="core.W063",
        )
    ]
