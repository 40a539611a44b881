"""The door for an ASGI server; the product itself runs on WSGI."""

import os

from django.core.asgi import get_asgi_application

from core.performance.loop import LoopWatch

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
application = LoopWatch(get_asgi_application())
