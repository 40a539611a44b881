"""A process of its own that exports: two requests (one with a secret link), a query, and a task. Run by test_spans."""

import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
django.setup()

from celery import shared_task  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from config.celery import app  # noqa: E402
from core.tracing import propagation, spans  # noqa: E402


@shared_task
def follow() -> str:
    return propagation.trace_id()


def main() -> None:
    app.conf.update(task_always_eager=True)
    client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
    client.get("/livez", headers={"traceparent": sys.argv[1]})
    client.get("/bookings/0123456789abcdefSECRET/?email=ann@example.org")
    with spans.continued({"traceparent": sys.argv[1]}, "scene"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s", ["ann@example.org"])
        follow.delay()


main()
