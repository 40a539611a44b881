"""The worker and its timetable.

The broker is treated as lossy: PostgreSQL keeps what must happen (outbox, sagas, due rows), tasks are only hints.
A task that dies is given again within seconds when its child died, within five minutes when its machine did, and
no task may run as long as that: time limit < visibility time-out, or a healthy worker's task would run twice.
"""

import os
import warnings
from typing import Any

from celery import Celery, signals
from celery.platforms import SecurityWarning
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
# Tasks may take longer over a statement than pages. A web process has read its settings before it comes here.
os.environ.setdefault("DB_STATEMENT_SECONDS", "60")

TASK_SECONDS_MAX = 120
VISIBILITY_SECONDS = 300
COUNTDOWN_SECONDS_MAX = 60
RECYCLED_BY_OURSELVES = 10**9

TIMETABLE = {
    # name: (task, every so many seconds)
    "hand on what the outbox holds": ("core.outbox.tasks.sweep", 5),
    "drive the sagas that are due": ("core.sagas.tasks.sweep", 5),
    "send the mail that waits": ("core.mail.tasks.send_due", 30),
    "show that work is done at all": ("core.health.tasks.beat_heart", 10),
    "go on with bulk actions": ("core.backoffice.tasks.sweep_bulk", 30),
    "forget old idempotency keys": ("core.idempotency.tasks.prune", 3600),
    "log the head of the audit trail": ("core.audit.tasks.log_head", 86400),
    "prove that the audit trail is whole": ("core.audit.tasks.verify", 86400),
    "ask how every part does": ("core.health.tasks.observe", 15),
    "forget old health": ("core.health.tasks.prune", 86400),
    "say what could be quicker": ("core.performance.tasks.advise", 3600),
    "forget old measurements": ("core.performance.tasks.prune", 86400),
    "keep warm what everybody asks for": ("core.cache.tasks.warm", 240),
    "end the holds that ran out": ("courses.tasks.expire_due", 10),
    "offer places to those who wait": ("courses.tasks.serve_waiting_lists", 10),
    "forget old ways to bookings": ("courses.tasks.forget_sign_ins", 86400),
    "forget whom nobody needs to know any more": ("core.privacy.tasks.forget", 86400),
    "tell whose date is near or was": ("courses.tasks.mail_notices", 300),
    "tell of new dates": ("courses.tasks.mail_new_dates", 300),
    "forget old wishes for dates": ("courses.tasks.forget_wishes", 86400),
    "forget old enquiries": ("courses.tasks.forget_enquiries", 86400),
    "ask the gateway about open payments": ("payments.tasks.sweep", 15),
    "settle the bookings of cancelled dates": ("payments.tasks.settle_called_off", 10),
    "compare the last two days with Stripe": ("payments.tasks.reconcile_recent", 3600),
    "compare all of the past with Stripe": ("payments.tasks.reconcile_all", 86400),
    "prove that invoices are numbered without a gap": ("invoicing.tasks.prove_numbers", 86400),
    "check what must always hold": ("core.invariants.tasks.check", 3600),
    "count how often the key was used": ("core.crypto.tasks.count_uses", 3600),
    "remind of refunds that wait": ("payments.tasks.remind_of_refunds", 3600),
    "look at the pay page once a week": ("payments.tasks.check_pay_page", 3600),
    "add what happened to the profiles": ("fraud.tasks.fold_profiles", 5),
    "forget whom nobody saw for long": ("fraud.tasks.forget_profiles", 86400),
    "call genuine what nobody disputed": ("fraud.tasks.mature_labels", 3600),
    "watch for cards being tried out over the whole site": (
        "fraud.tasks.watch_for_card_testing",
        30,
    ),
    "let reviews lapse": ("fraud.tasks.lapse_reviews", 60),
    "tell of late reviews": ("fraud.tasks.tell_late_reviews", 60),
}

# The product also works as root (a laptop, a container); only JSON is read, so a message can't run code.
warnings.filterwarnings("ignore", category=SecurityWarning)

_transport = {
    "visibility_timeout": VISIBILITY_SECONDS,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}

app = Celery("react_fast_training")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_transport_options=_transport,
    result_backend_transport_options=_transport,
    visibility_timeout=VISIBILITY_SECONDS,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_time_limit=TASK_SECONDS_MAX,
    task_serializer="json",
    accept_content=["json"],
    result_serializer="json",
    task_default_queue="rft",
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=30,
    worker_enable_soft_shutdown_on_idle=False,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    # A queue of its own for each worker, through which its watchdog asks whether it still takes tasks.
    worker_direct=True,
    # A task under way when the broker goes is left to end: killed, it would be run twice just the same.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    enable_utc=True,
    timezone="UTC",
    beat_scheduler="celery.beat:Scheduler",
    beat_schedule={
        name: {"task": task, "schedule": seconds} for name, (task, seconds) in TIMETABLE.items()
    },
    CELERY_DB_REUSE_MAX=RECYCLED_BY_OURSELVES,
)
app.autodiscover_tasks()


@signals.task_prerun.connect
@signals.task_postrun.connect
def _give_back_connections(**_signal: object) -> None:
    """Celery would close the whole pool after each task, and each would pay for a new connection."""
    from django.db import close_old_connections

    close_old_connections()


@signals.task_prerun.connect
def _watch_statements(task: Any = None, **_signal: object) -> None:
    from core.database import watching

    name = getattr(task, "name", "")
    watching.begin(lambda: name)


@signals.task_postrun.connect
def _tell_repeated_statements(**_signal: object) -> None:
    from core.database import watching

    watching.finish()
