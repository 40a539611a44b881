"""A real worker that also hears the tests' bell and knows the tests' saga: `celery --app tests.core.worker worker`.

WORKER_VISIBILITY shortens the time after which a dead worker's task is given to another.
"""

import os

import django

from config.celery import app

django.setup()

from core.outbox import events  # noqa: E402
from tests.core.outbox import facts  # noqa: E402
from tests.core.sagas import journeys  # noqa: E402

events.subscribe(facts.BellRang, facts.heard, name="tests.hear")
journeys.register(journeys.parcel(journeys.Script()))
if seconds := os.environ.get("WORKER_VISIBILITY"):
    app.conf.broker_transport_options = {
        **app.conf.broker_transport_options,
        "visibility_timeout": int(seconds),
        "unacked_restore_interval": 1,
    }
