"""Production: strict transport, and a refusal to start on a missing or weak setting (`core/checks.py`)."""

from .base import *
from .base import DATABASES, env

ENVIRONMENT_NAME = "production"
DATABASES["default"]["OPTIONS"]["sslmode"] = env("DB_SSLMODE", default="verify-full")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
BROWSER_COOKIE_NAME = "__Host-rft_browser"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STAFF_TWO_STEP = env("STAFF_TWO_STEP", default="required")
