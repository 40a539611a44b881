"""Every setting, read from the environment once. `.env.example` documents each; `core/checks.py` judges them."""

from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from redis.backoff import NoBackoff
from redis.retry import Retry

from core.mail import email_url
from core.tracing import logs

from .api import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401
from .backoffice import UNFOLD  # noqa: F401
from .environment import BASE_DIR, VAR_DIR, env
from .performance import MEASURES, PERFORMANCE_BUDGETS, VITALS_ALARM  # noqa: F401
from .rules import *

DEBUG = False
SECRET_KEY = env("SECRET_KEY", default="")
SITE_URL = env("SITE_URL", default=f"http://127.0.0.1:{env('PORT', default='8000')}")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname or "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# Where /.well-known/security.txt sends whoever finds a hole.
SECURITY_CONTACT = env("SECURITY_CONTACT", default=f"mailto:security@{urlsplit(SITE_URL).hostname}")
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
    "core.breakers",
    "core.cache",
    "core.audit",
    "core.mail",
    "core.outbox",
    "core.sagas",
    "core.idempotency",
    "core.ratelimit",
    "core.health",
    "core.invariants",
    "core.api",
    "core.performance",
    "core.two_step",
    "core.switches",
    "core.privacy",
    "courses",
    "fraud",
    "payments",
    "invoicing",
    "core.backoffice",
    "config.apps.WiringConfig",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "core.health.middleware.RequestMetricsMiddleware",
    "core.tracing.middleware.TraceMiddleware",
    "core.database.watching.WatchingMiddleware",
    "core.performance.middleware.PerformanceMiddleware",
    "core.performance.measures.MeasuresMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.api.private.PrivateAnswersMiddleware",
    "core.switches.middleware.MaintenanceMiddleware",
    "core.ratelimit.middleware.RateLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.two_step.middleware.TwoStepMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.api.middleware.RefusalMiddleware",
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

# --- Processes: what `config.processes` starts, and what all of them together ask of the database -----
WEB_PROCESSES = env.int("WEB_PROCESSES", default=2)
WEB_THREADS = env.int("WEB_THREADS", default=8)
WORKER_PROCESSES = env.int("WORKER_PROCESSES", default=2)

# --- Database: the application's role, or the owner's for schema commands -------------------------
DB_APP_ROLE = env("DB_USER", default="rft_app")
DB_OWNER_ROLE = env("DB_OWNER_USER", default=DB_APP_ROLE)
_as_owner = env("DB_ROLE", default="application") == "owner"
# Between us and the server stands a pooler that gives each transaction another connection (PgBouncer): nothing
# may then be kept on one, neither prepared statements nor cursors nor settings.
DB_BEHIND_POOLER = env.bool("DB_BEHIND_POOLER", default=False)
DB_PREPARE_THRESHOLD = env.int("DB_PREPARE_THRESHOLD", default=5)
# What a statement may take here, where that is not what the role may ("": as the role; 0: without end).
DB_STATEMENT_SECONDS = env("DB_STATEMENT_SECONDS", default="")
# Processes that hold a pool, on all machines together, and connections that are left for people and tools.
DB_PROCESSES = env.int("DB_PROCESSES", default=WEB_PROCESSES + WORKER_PROCESSES + 2)
DB_RESERVE = env.int("DB_RESERVE", default=10)
# A statement that takes longer, and one that a single piece of work runs so often, are logged with the route.
DB_SLOW_SECONDS = env.float("DB_SLOW_SECONDS", default=0.2)
DB_REPEATS = env.int("DB_REPEATS", default=10)
# Nobody waits longer for another's lock: better a refusal than a queue that grows.
_session = ["-c lock_timeout=3s"]
if DB_STATEMENT_SECONDS:
    _session.append(f"-c statement_timeout={DB_STATEMENT_SECONDS}s")
DATABASES = {
    "default": {
        "ENGINE": "core.database.backend",
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
        # Our backend tries each connection as it takes it, and with a dead one all that lie idle.
        "CONN_HEALTH_CHECKS": False,
        "DISABLE_SERVER_SIDE_CURSORS": DB_BEHIND_POOLER,
        "OPTIONS": {
            "sslmode": env("DB_SSLMODE", default="prefer"),
            "connect_timeout": 3,
            "server_side_binding": True,
            "prepare_threshold": None if DB_BEHIND_POOLER else DB_PREPARE_THRESHOLD or None,
            "pool": {
                "min_size": env.int("DB_POOL_MIN", default=2),
                "max_size": env.int("DB_POOL_MAX", default=10),
                "timeout": env.float("DB_POOL_WAIT_SECONDS", default=2.0),
                # Given up soon, and begun anew by the next who wants one: a long outage must not end in a long pause.
                "reconnect_timeout": 1.0,
            },
        },
    }
}
if not DB_BEHIND_POOLER:
    DATABASES["default"]["OPTIONS"]["options"] = " ".join(_session)
if DB_SSLROOTCERT := env("DB_SSLROOTCERT", default=""):
    DATABASES["default"]["OPTIONS"]["sslrootcert"] = DB_SSLROOTCERT
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Valkey: cache, broker and limits never share a database ---------------------------------------
# Without REDIS_URL each process caches in its own memory alone.
REDIS_URL = env("REDIS_URL", default="")
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="redis://127.0.0.1:6379/1")
RATELIMIT_REDIS_URL = env("RATELIMIT_REDIS_URL", default="redis://127.0.0.1:6379/2")
_socket_limits = {"socket_connect_timeout": 1, "socket_timeout": 1}
# What a page may wait for a cache that does not answer; what a process keeps in its own memory.
CACHE_SHARED_MS_MAX = env.int("CACHE_SHARED_MS_MAX", default=40)
CACHE_LOCAL_MB = env.int("CACHE_LOCAL_MB", default=32)
# How long places are kept, and courses' words. Places shown may be 15 s old, all layers together.
CACHE_PLACES_SECONDS = env.float("CACHE_PLACES_SECONDS", default=5.0)
CACHE_COURSES_SECONDS = env.float("CACHE_COURSES_SECONDS", default=300.0)
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "core.cache.backend.LayeredCache",
        "LOCATION": "default",
        "KEY_PREFIX": "rft",
        "OPTIONS": {
            "SHARED": "shared" if REDIS_URL else "",
            "LOCAL_BYTES": CACHE_LOCAL_MB * 1024 * 1024,
        },
    },
    "shared": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL or "redis://127.0.0.1:6379/0",
        "KEY_PREFIX": "shared",
        "OPTIONS": {
            "CONNECTION_POOL_KWARGS": {
                "socket_connect_timeout": CACHE_SHARED_MS_MAX / 1000,
                "socket_timeout": CACHE_SHARED_MS_MAX / 1000,
                "retry": Retry(NoBackoff(), 0),
            },
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
        },
    },
    "ratelimit": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": RATELIMIT_REDIS_URL,
        "KEY_PREFIX": "limit",
        # A limit may cost a request no more than this; then each process counts for itself.
        "OPTIONS": {
            "CONNECTION_POOL_KWARGS": {"socket_connect_timeout": 0.02, "socket_timeout": 0.04}
        },
    },
}
RATELIMIT_USE_CACHE = "ratelimit"
# A name alone is for one network (an IPv4 address, a /64); empty is no such limit.
RATE_LIMITS = {
    "unknown_links": env("RATE_LIMIT_UNKNOWN_LINKS", default="60/10m"),
    "posts": env("RATE_LIMIT_POSTS", default="120/m"),
    "posts.user": env("RATE_LIMIT_POSTS_USER", default="120/m"),
    "posts.global": env("RATE_LIMIT_POSTS_GLOBAL", default="12000/m"),
    "pages": env("RATE_LIMIT_PAGES", default="600/m"),
    "pages.user": env("RATE_LIMIT_PAGES_USER", default="600/m"),
    "pages.global": env("RATE_LIMIT_PAGES_GLOBAL", default="120000/m"),
    "sign_in": env("RATE_LIMIT_SIGN_IN", default="20/15m"),
    "sign_in.user": env("RATE_LIMIT_SIGN_IN_USER", default="20/15m"),
    "sign_in.global": env("RATE_LIMIT_SIGN_IN_GLOBAL", default="600/15m"),
    "card_attempts": env("RATE_LIMIT_CARD_ATTEMPTS", default="30/10m"),
    "card_attempts.user": env("RATE_LIMIT_CARD_ATTEMPTS_USER", default="16/10m"),
    "card_attempts.global": env("RATE_LIMIT_CARD_ATTEMPTS_GLOBAL", default="3000/10m"),
    "vitals": env("RATE_LIMIT_VITALS", default="120/m"),
    "links_asked": env("RATE_LIMIT_LINKS_ASKED", default="20/h"),
    "sent_again": env("RATE_LIMIT_SENT_AGAIN", default="20/h"),
    "enquiries": env("RATE_LIMIT_ENQUIRIES", default="5/h"),
    "enquiries.global": env("RATE_LIMIT_ENQUIRIES_GLOBAL", default="200/h"),
}
RATE_LIMIT_EXEMPT_PATHS = [
    r"^/webhooks/",
    r"^/(livez|readyz|metrics)$",
    r"^/static/",
    # A beacon has a limit of its own, so that it takes nothing from who books.
    r"^/vitals$",
    r"^/bookings/[^/]+/status/",
]

# --- Circuit breakers ----------------------------------------------------------------------------
# Shared: what one process finds out all know, through REDIS_URL. How often they speak; 0 is never.
BREAKERS_SHARED = env.bool("BREAKERS_SHARED", default=bool(REDIS_URL))
BREAKERS_SYNC_SECONDS = env.float("BREAKERS_SYNC_SECONDS", default=1.0)

# --- Secrets of the data ------------------------------------------------------------------------
ENCRYPTION_KEY = env("ENCRYPTION_KEY", default="")
HASH_SALT = env("HASH_SALT", default="")

# --- Stripe, or the sandbox that stands in for it ---------------------------------------------------
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = env("STRIPE_PUBLISHABLE_KEY", default="")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_JS_URL = env("STRIPE_JS_URL", default="https://js.stripe.com/endive/stripe.js")
# Calls that one process may have under way; less than its threads, so that some are left for other pages.
STRIPE_CALLS_MAX = env.int("STRIPE_CALLS_MAX", default=4)
# While calls flow every other thread may wait for one, so that no honest buyer is turned away.
STRIPE_CALLS_WAITING_MAX = env.int(
    "STRIPE_CALLS_WAITING_MAX", default=max(0, WEB_THREADS - STRIPE_CALLS_MAX)
)

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
# Where the office reads what the site has for it; the sender's own address unless said.
OFFICE_EMAIL = env("OFFICE_EMAIL", default="") or parseaddr(DEFAULT_FROM_EMAIL)[1]
# How long enquiries about training at a workplace are kept, as the privacy notice says.
ENQUIRY_DAYS = env.int("ENQUIRY_DAYS", default=365)
# How long we write about new dates to who asked for it.
NEW_DATES_DAYS = env.int("NEW_DATES_DAYS", default=365)
# How long the words of a mail are kept after it was sent; that it was sent stays.
MAIL_WORDS_DAYS = env.int("MAIL_WORDS_DAYS", default=400)

# --- Watching ------------------------------------------------------------------------------------
LOG_LEVEL = env("LOG_LEVEL", default="INFO")
MONITORING_ENABLED = env.bool("MONITORING_ENABLED", default=True)
SENTRY_DSN = env("SENTRY_DSN", default="")
JAEGER_ENDPOINT = env("JAEGER_ENDPOINT", default="")
JAEGER_UI = env("JAEGER_UI", default="").rstrip("/")
# The share of traces that are recorded: of those that only look, and of those that may change something.
TRACE_SAMPLE = env.float("TRACE_SAMPLE", default=0.1)
TRACE_SAMPLE_CHANGES = env.float("TRACE_SAMPLE_CHANGES", default=1.0)
TRACE_TRUSTED_PEERS = env.list("TRACE_TRUSTED_PEERS", default=[])
TRACE_OPEN_DIR = env("TRACE_OPEN_DIR", default=str(VAR_DIR / "traces"))
LOGGING = logs.configuration(level=LOG_LEVEL, levels=env.list("LOG_LEVELS", default=[]))
# Where a worker that stands apart from the web shows its numbers; empty is nowhere.
WORKER_METRICS_LISTEN = env("WORKER_METRICS_LISTEN", default="")
METRICS_ALLOWED_NETS = env.list("METRICS_ALLOWED_NETS", default=["127.0.0.0/8", "::1/128"])
# Every request is timed; this share of them is looked at closely (CPU, statements, pauses).
PERFORMANCE_SAMPLE = env.float("PERFORMANCE_SAMPLE", default=0.1)
# How often each process writes down what it measured, and for how long that is kept; 0 s is never.
PERFORMANCE_FLUSH_SECONDS = env.float("PERFORMANCE_FLUSH_SECONDS", default=60.0)
PERFORMANCE_DAYS = env.int("PERFORMANCE_DAYS", default=30)
if not MONITORING_ENABLED:
    MIDDLEWARE.remove("core.performance.middleware.PerformanceMiddleware")
# A booking journey that should have moved so long ago is called stuck.
JOURNEY_STUCK_MINUTES = env.int("JOURNEY_STUCK_MINUTES", default=10)
# A worker proves so often that it takes tasks; one that for so long did not ends itself, to be started anew.
WORKER_PROOF_SECONDS = env.float("WORKER_PROOF_SECONDS", default=10.0)
WORKER_SILENT_SECONDS = env.float("WORKER_SILENT_SECONDS", default=45.0)
# The garbage collector: whether what was imported is frozen after start, and how seldom the rest is collected.
GC_FREEZE = env.bool("GC_FREEZE", default=True)
GC_THRESHOLDS = env.list("GC_THRESHOLDS", cast=int, default=[700, 10, 10])

# --- HTTP ----------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
# Staff sign in anew each working day.
SESSION_COOKIE_AGE = 8 * 3600
# A code of their phone beside the password: "required", or "offered" to who sets it up.
STAFF_TWO_STEP = env("STAFF_TWO_STEP", default="offered")
STAFF_IDLE_MINUTES = env.int("STAFF_IDLE_MINUTES", default=30)
# Money, accounts and exports want a code that is not older; 0 is never.
STAFF_STEP_UP_SECONDS = env.int("STAFF_STEP_UP_SECONDS", default=300)
STAFF_STEP_UP_PATHS = [
    r"POST /admin/payments/payment/[^/]+/(refund|give-back)/$",
    r"POST /admin/payments/(refund|straymoney)/[^/]+/(settle|approval|decide|decision|what-now)/$",
    r"POST /admin/payments/dispute/[^/]+/answer/$",
    r"POST /admin/invoicing/document/accounts/$",
    r"POST /admin/auth/user/",
    r"(GET|POST) /admin/\S*(export/|\.csv)$",
    r"POST /api/v1/staff/(payments/[^/]+/)?refunds/",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "core.backoffice.passwords.NotOurWords"},
]
# The browser that booked; in production with a prefix that ties it to this host and to https.
BROWSER_COOKIE_NAME = "rft_browser"
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
