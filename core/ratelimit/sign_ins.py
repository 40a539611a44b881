"""What staff sign-ins tell: the security log, and the networks where an account is at home."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from core import security_events
from core.crypto.index import blind_index
from core.ratelimit import scopes


@receiver(user_logged_in)
def signed_in(request: HttpRequest | None, user: Any, **_signal: Any) -> None:
    security_events.tell("authn_login_success", staff=user.pk, **_where(request))
    if request is not None:
        scopes.signed_in(request, user.get_username())


@receiver(user_login_failed)
def failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_signal: Any) -> None:
    account = blind_index(str(credentials.get("username", "")), "log-account")[:16]
    security_events.tell("authn_login_fail", account=account, **_where(request))


@receiver(user_logged_out)
def signed_out(user: Any, request: HttpRequest | None = None, **_signal: Any) -> None:
    if user is not None:
        security_events.tell("authn_logout", staff=user.pk, **_where(request))


def _where(request: HttpRequest | None) -> dict[str, str]:
    return {} if request is None else {"network": scopes.network_digest(request)[:16]}
