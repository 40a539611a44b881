"""The door for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from core.performance import collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
application = get_wsgi_application()
collector.settle()
