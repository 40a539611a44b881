"""System checks of the settings that can hurt, each with an id and a hint. A start with an error is refused."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

SECRET_KEY_LENGTH_MIN = 50
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@register(Tags.security)
def secret_key(**_kwargs: Any) -> list[CheckMessage]:
    if len(settings.SECRET_KEY) >= SECRET_KEY_LENGTH_MIN:
        return []
    return [
        Error(
            f"SECRET_KEY is missing or shorter than {SECRET_KEY_LENGTH_MIN} characters.",
            hint="Set it to 64 random characters: openssl rand -base64 48",
            id="core.E001",
        )
    ]


@register(Tags.caches)
def valkey_databases(**_kwargs: Any) -> list[CheckMessage]:
    """A cache that is cleared must not take queued work or limits with it."""
    places = {
        "REDIS_URL": _place(settings.REDIS_URL),
        "CELERY_BROKER_URL": _place(settings.CELERY_BROKER_URL),
        "RATELIMIT_REDIS_URL": _place(settings.RATELIMIT_REDIS_URL),
    }
    if len(set(places.values())) == len(places):
        return []
    return [
        Error(
            "REDIS_URL, CELERY_BROKER_URL and RATELIMIT_REDIS_URL share a database.",
            hint="Give each its own: end them with /0, /1 and /2.",
            id="core.E002",
        )
    ]


@register(Tags.security)
def stripe_keys(**_kwargs: Any) -> list[CheckMessage]:
    missing = [
        name
        for name in ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET")
        if not getattr(settings, name)
    ]
    found: list[CheckMessage] = [
        Error(
            f"{name} is missing.",
            hint="Copy it from Stripe's dashboard (test keys while you try things out).",
            id="core.E003",
        )
        for name in missing
    ]
    live = settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
    if live and not _is_stripe(settings.STRIPE_API_BASE, settings.STRIPE_JS_URL):
        found.append(
            Error(
                "A live Stripe key is set, but STRIPE_API_BASE or STRIPE_JS_URL is not Stripe's own address.",
                hint="Remove both settings; their defaults are Stripe's.",
                id="core.E004",
            )
        )
    if settings.STRIPE_PUBLISHABLE_KEY.startswith("pk_live_") != live and not missing:
        found.append(
            Error(
                "One Stripe key is live and the other is for tests.",
                hint="Take STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY from the same mode.",
                id="core.E005",
            )
        )
    return found


@register(Tags.security, deploy=True)
def transport(**_kwargs: Any) -> list[CheckMessage]:
    """Production only: every wire that leaves the machine is encrypted, and the roles are two."""
    found: list[CheckMessage] = []
    if urlsplit(settings.SITE_URL).scheme != "https":
        found.append(
            Error(
                "SITE_URL is not https.", hint="Links in e-mails are made from it.", id="core.E006"
            )
        )
    database = settings.DATABASES["default"]
    host = database["HOST"]
    over_network = host and not host.startswith("/") and host not in LOOPBACK
    if over_network and database["OPTIONS"]["sslmode"] != "verify-full":
        found.append(
            Error(
                "The database is reached over a network without a verified certificate.",
                hint="Set DB_SSLMODE=verify-full.",
                id="core.E007",
            )
        )
    if settings.DB_APP_ROLE == settings.DB_OWNER_ROLE:
        found.append(
            Error(
                "The application connects as the owner of the tables, so nothing stops it from changing an issued invoice.",
                hint="Make a second role for DB_USER and keep DB_OWNER_USER for migrations.",
                id="core.E008",
            )
        )
    return found


@register()
def seller(**_kwargs: Any) -> list[CheckMessage]:
    empty = [
        name
        for name in ("SELLER_NAME", "SELLER_ADDRESS", "SELLER_VAT")
        if not getattr(settings, name)
    ]
    return [
        Error(f"{name} is empty.", hint="Every invoice must name the seller.", id="core.E009")
        for name in empty
    ]


@register(Tags.security, deploy=True)
def sample_seller(**_kwargs: Any) -> list[CheckMessage]:
    if "000 0000 00" not in settings.SELLER_VAT:
        return []
    return [
        Warning(
            "SELLER_VAT is the sample value.",
            hint="Set the business's own VAT number before the first sale.",
            id="core.W001",
        )
    ]


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc, parts.path.strip("/") or "0"


def _is_stripe(*urls: str) -> bool:
    return all((urlsplit(url).hostname or "").endswith(".stripe.com") for url in urls)
