"""Every setting, read from the environment once. `.env.example` documents each; `core/checks.py` judges them."""

from pathlib import Path
from urllib.parse import urlsplit

import environ

from core.mail import email_url
from core.tracing import logs

from .backoffice import UNFOLD  # noqa: F401

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))
DEBUG = False
SECRET_KEY = env("SECRET_KEY", default="")
SITE_URL = env("SITE_URL", default=f"http://127.0.0.1:{env('PORT', default='8000')}")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname or "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
ENVIRONMENT_NAME = "production"

# --- Apps and middleware -----------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.admin.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_prometheus",
    "django_htmx",
    "template_partials",
    "lucide",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "core",
    "core.database",
    "core.tracing",
    "core.crypto",
    "core.audit",
    "core.mail",
    "core.outbox",
    "core.sagas",
    "core.idempotency",
    "core.ratelimit",
    "core.health",
    "core.invariants",
    "core.api",
    "courses",
    "fraud",
    "payments",
    "invoicing",
    "core.backoffice",
    "config.apps.WiringConfig",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "core.tracing.middleware.TraceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.ratelimit.middleware.RateLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.api.middleware.RefusalMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["lucide.templatetags.lucide", "core.templatetags.display"],
        },
    }
]

# --- Words and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
VENUE_TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = False
CLOCK_OFFSET_FILE = env("CLOCK_OFFSET_FILE", default="")

# --- Database: the application's role, or the owner's for schema commands -------------------------
DB_APP_ROLE = env("DB_USER", default="rft_app")
DB_OWNER_ROLE = env("DB_OWNER_USER", default=DB_APP_ROLE)
_as_owner = env("DB_ROLE", default="application") == "owner"
DATABASES = {
    "default": {
        "ENGINE": "django_prometheus.db.backends.postgresql",
        "HOST": env("DB_HOST", default=""),
        "PORT": env("DB_PORT", default=""),
        "NAME": env("DB_NAME", default="rft"),
        "USER": DB_OWNER_ROLE if _as_owner else DB_APP_ROLE,
        "PASSWORD": (
            env("DB_OWNER_PASSWORD", default=env("DB_PASSWORD", default=""))
            if _as_owner
            else env("DB_PASSWORD", default="")
        ),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "sslmode": env("DB_SSLMODE", default="prefer"),
            "connect_timeout": 5,
            # Nobody waits longer for another's lock: better a refusal than a queue that grows.
            "options": "-c lock_timeout=3s",
            "pool": {
                "min_size": env.int("DB_POOL_MIN", default=2),
                "max_size": env.int("DB_POOL_MAX", default=10),
                "timeout": 10,
            },
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Valkey: cache, broker and limits never share a database ---------------------------------------
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="redis://127.0.0.1:6379/1")
RATELIMIT_REDIS_URL = env("RATELIMIT_REDIS_URL", default="redis://127.0.0.1:6379/2")
_socket_limits = {"socket_connect_timeout": 1, "socket_timeout": 1}
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "rft",
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            "CONNECTION_POOL_KWARGS": _socket_limits,
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
        },
    },
    "ratelimit": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": RATELIMIT_REDIS_URL,
        "KEY_PREFIX": "limit",
        "OPTIONS": {"CONNECTION_POOL_KWARGS": _socket_limits},
    },
}
RATELIMIT_USE_CACHE = "ratelimit"
RATE_LIMITS = {
    "unknown_links": env("RATE_LIMIT_UNKNOWN_LINKS", default="60/10m"),
    "posts": env("RATE_LIMIT_POSTS", default="120/m"),
    "pages": env("RATE_LIMIT_PAGES", default="600/m"),
}
RATE_LIMIT_EXEMPT_PATHS = [
    r"^/webhooks/",
    r"^/(livez|readyz|metrics)$",
    r"^/static/",
    r"^/bookings/[^/]+/status/",
]

# --- Secrets of the data ------------------------------------------------------------------------
ENCRYPTION_KEY = env("ENCRYPTION_KEY", default="")
HASH_SALT = env("HASH_SALT", default="")

# --- Stripe, or the sandbox that stands in for it ---------------------------------------------------
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = env("STRIPE_PUBLISHABLE_KEY", default="")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_JS_URL = env("STRIPE_JS_URL", default="https://js.stripe.com/endive/stripe.js")

# --- The seller ----------------------------------------------------------------------------------
SELLER_NAME = env("SELLER_NAME", default="React Fast Training Ltd")
SELLER_ADDRESS = env("SELLER_ADDRESS", default="1 Example Yard, Leeds LS1 1AA")
SELLER_VAT = env("SELLER_VAT", default="GB 000 0000 00")
SELLER_COMPANY_NUMBER = env("SELLER_COMPANY_NUMBER", default="00000000")
OFFICE_PHONE = env("OFFICE_PHONE", default="0113 496 0112")
OFFICE_HOURS = env("OFFICE_HOURS", default="Mon to Fri, 8.30am to 5pm")

# --- Mail ----------------------------------------------------------------------------------------
EMAIL_URL = env("EMAIL_URL", default="")
globals().update(email_url.settings_of(EMAIL_URL, folder=VAR_DIR / "mail"))
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="React Fast Training <bookings@localhost>")

# --- Watching ------------------------------------------------------------------------------------
LOG_LEVEL = env("LOG_LEVEL", default="INFO")
MONITORING_ENABLED = env.bool("MONITORING_ENABLED", default=True)
SENTRY_DSN = env("SENTRY_DSN", default="")
JAEGER_ENDPOINT = env("JAEGER_ENDPOINT", default="")
TRACE_SAMPLE = env.float("TRACE_SAMPLE", default=0.1)
TRACE_TRUSTED_PEERS = env.list("TRACE_TRUSTED_PEERS", default=[])
LOGGING = logs.configuration(level=LOG_LEVEL)
METRICS_ALLOWED_NETS = env.list("METRICS_ALLOWED_NETS", default=["127.0.0.0/8", "::1/128"])

# --- HTTP ----------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
_self = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [_self],
        "style-src": [_self],
        "img-src": [_self, "data:"],
        "font-src": [_self],
        "connect-src": [_self],
        "form-action": [_self],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": [_self],
    }
}

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES_LOCAL = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- API -----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.Schema",
    "EXCEPTION_HANDLER": "core.api.exceptions.problem_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "React Fast Training API",
    "DESCRIPTION": "Book and pay for first-aid courses. Money is whole pence.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "BookingStatus": "courses.models.BookingStatus",
        "PaymentOutcome": "payments.api.serializers.STATUSES",
        "ListKind": "fraud.models.blacklist.ListKind",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": None,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.schema.add_problems",
    ],
}

# --- Rules of booking (domain.md 2) ---------------------------------------------------------------
HOLD_SECONDS = env.int("HOLD_SECONDS", default=900)
HOLD_EXTENSION_SECONDS = env.int("HOLD_EXTENSION_SECONDS", default=300)
HOLD_EXTENSIONS_MAX = env.int("HOLD_EXTENSIONS_MAX", default=10)
HOLD_RENEWALS_MAX = env.int("HOLD_RENEWALS_MAX", default=2)
HOLDS_PER_BROWSER = env.int("HOLDS_PER_BROWSER", default=3)
PLACES_LEFT_SHOWN_AT = env.int("PLACES_LEFT_SHOWN_AT", default=3)
CATALOGUE_PAGE_SIZE = env.int("CATALOGUE_PAGE_SIZE", default=20)
CERTIFICATE_GRACE_DAYS = env.int("CERTIFICATE_GRACE_DAYS", default=31)
PLACES_PER_BROWSER = env.int("PLACES_PER_BROWSER", default=24)

# --- Fraud's thresholds (domain.md 15) ---------------------------------------------------------------
FRAUD_3DS_FROM = env.int("FRAUD_3DS_FROM", default=25)
FRAUD_REVIEW_FROM = env.int("FRAUD_REVIEW_FROM", default=40)
FRAUD_BLOCK_ABOVE = env.int("FRAUD_BLOCK_ABOVE", default=80)
# The signals in force, by the names of fraud.risk_signals.SIGNALS; empty is all of them.
FRAUD_SIGNALS = env.list("FRAUD_SIGNALS", default=[])
# How long the facts may take; without them an amount from here on goes to a person.
FRAUD_FACTS_MS_MAX = env.int("FRAUD_FACTS_MS_MAX", default=150)
FRAUD_UNKNOWN_REVIEW_MINOR = env.int("FRAUD_UNKNOWN_REVIEW_MINOR", default=50_000)
# The share of blocks by points alone that goes to a person instead, to see what they were.
FRAUD_HOLDOUT_SHARE = env.float("FRAUD_HOLDOUT_SHARE", default=0.0)
# Where reviews begin follows from how many a day the office can do; 0 is FRAUD_REVIEW_FROM.
FRAUD_REVIEW_PER_DAY = env.int("FRAUD_REVIEW_PER_DAY", default=0)
# How long an entry of the blacklist lasts unless somebody says otherwise, and networks that nobody may put there.
FRAUD_LIST_DAYS = env.int("FRAUD_LIST_DAYS", default=90)
OFFICE_NETWORKS = env.list("OFFICE_NETWORKS", default=[])
GEOIP_DB = env("GEOIP_DB", default="")
GEOIP_DAYS_MAX = env.int("GEOIP_DAYS_MAX", default=270)

# --- Rules of paying (domain.md 4, 15) ---------------------------------------------------------------
PAYMENT_TRIES_MAX = env.int("PAYMENT_TRIES_MAX", default=5)
REVIEW_PROMISE_OFFICE_HOURS = env.int("REVIEW_PROMISE_OFFICE_HOURS", default=5)
