"""Who calls: the secret key may do everything, a restricted key what it was given, a publishable key
what a browser does."""

import fnmatch
from dataclasses import dataclass, field

from . import errors
from .routes import Route
from .settings import Settings
from .wire import Request


@dataclass
class Access:
    settings: Settings
    restricted: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def check(self, request: Request, route: Route | None) -> None:
        """Refuses a missing, unknown or live key with 401, a right that is missing with 403."""
        key = request.key
        if not key:
            raise errors.unauthenticated(
                "You did not provide an API key. You need to provide your API key in the"
                " Authorization header, using Bearer auth (e.g. 'Authorization: Bearer"
                " YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details."
            )
        if key == self.settings.secret_key:
            return
        if key == self.settings.publishable_key:
            if route is not None and not route.publishable:
                raise errors.forbidden(
                    "This API call cannot be made with a publishable API key. Please use a secret"
                    " API key."
                )
            return
        if key in self.restricted:
            self._check_rights(request)
            return
        raise errors.unauthenticated(f"Invalid API Key provided: {_masked(key)}")

    def _check_rights(self, request: Request) -> None:
        wanted = f"{request.method} {request.path}"
        if not any(fnmatch.fnmatchcase(wanted, right) for right in self.restricted[request.key]):
            raise errors.forbidden(
                f"The provided key '{_masked(request.key)}' does not have the required permissions"
                " for this endpoint."
            )


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * 8}{key[-4:]}" if len(key) > 12 else "*" * len(key)
