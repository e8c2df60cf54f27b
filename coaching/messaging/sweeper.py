"""The guarantee behind the doorbell: every row that is due leaves, whatever was missed.

A thread in every worker process. It needs neither the broker nor beat: with both gone, messages
leave all the same. Any number of sweepers may run, because every claim has one winner.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from celery.signals import worker_init, worker_shutting_down
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from coaching.messaging import delivery, doubt
from coaching.messaging.models import CommunicationLog, State

log_event = structlog.get_logger(__name__)

INTERVAL_SECONDS = 5
GRACE = timedelta(seconds=3)  # the doorbell comes first
BATCH = 500
THREADS = 8

_stopping = threading.Event()


def sweep(grace=GRACE):
    """Do one round; returns how many rows were tried. Must not run inside a transaction."""
    doubt.recover_expired_claims()
    now = timezone.now()
    doubtful = CommunicationLog.objects.filter(state=State.UNKNOWN, due_at__lte=now)
    for log in doubtful.select_related("contact").order_by("posted_at", "pk")[:BATCH]:
        doubt.resolve_unknown(log)
    due = list(
        CommunicationLog.objects.due(now - grace)
        .order_by("due_at", "pk")
        .values_list("pk", flat=True)[:BATCH]
    )
    with ThreadPoolExecutor(THREADS if len(due) > 1 else 1) as pool:
        list(pool.map(_deliver, due))
    return len(due)


def _deliver(log_id):
    try:
        delivery.deliver(log_id)
    except Exception:  # one bad row must not keep the others
        log_event.exception("sweep_failed", log=str(log_id))
    finally:
        connection.close()


def _run():
    while not _stopping.wait(INTERVAL_SECONDS):
        try:
            close_old_connections()
            sweep()
        except Exception:  # the database is gone, say: the next round tries again
            log_event.exception("sweep_failed")


@worker_init.connect
def start(**_):
    settings.VAR_DIR.mkdir(exist_ok=True)
    threading.Thread(target=_run, name="sweeper", daemon=True).start()


@worker_shutting_down.connect
def stop(**_):
    _stopping.set()
